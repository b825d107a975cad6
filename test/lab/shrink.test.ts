import { describe, expect, test } from 'vitest';
import {
  commandsOf,
  type Failing,
  failureOf,
  MUSEUM,
  SHRUNK_TEXTS,
  type Shrunk,
  shrink,
  shrunk,
} from '../../src/lab/index.js';
import type { CommandInput } from '../../src/mmu/schema/index.js';

/** The scene of an exhibit, as it goes wrong. */
function sceneOf(name: string): Failing {
  const exhibit = MUSEUM.find((one) => one.name === name);
  if (exhibit === undefined) throw new Error(`no exhibit ${name}`);
  const config = { ...exhibit.scene.config, ...exhibit.amiss };
  return { config, commands: commandsOf(exhibit.scene) };
}

/** Commands that change nothing of a mistake, by a seed. */
function padded({ config, commands }: Failing, seed: number): Failing {
  let state = seed;
  const next = (count: number) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return (state >> 8) % count;
  };
  const noise = (): CommandInput[] => [
    { kind: 'mov-from-cr3', vcpu: 0 },
    {
      kind: 'host-write',
      vcpu: 0,
      gpa: `0x${(0x7000000 + next(512) * 8).toString(16)}`,
      value: '0x1',
    },
  ];
  return {
    config,
    commands: commands.flatMap((one) => (next(2) === 0 ? [...noise(), one] : [one])),
  };
}

describe('shrinking a list', () => {
  test('leaves out of a list what is not needed', () => {
    const list = Array.from({ length: 50 }, (_, i) => i);
    const fails = (some: readonly number[]) => some.includes(7) && some.includes(31);
    expect(shrunk(list, fails)).toEqual([7, 31]);
    // The first is needed for as long as the second is there.
    expect(shrunk([7, 31], (some) => some.includes(7) || !some.includes(31))).toEqual([]);
  });

  test('a violation among other commands', () => {
    const scene = sceneOf('pcide-keeps-roots');
    const bare = shrink(scene, {});
    const found = shrink(padded(scene, 1), {});
    expect(found?.failure.key).toBe(bare?.failure.key);
    expect(found?.commands.length).toBe(bare?.commands.length);
    // None of those that are left can go.
    for (const index of found?.commands.keys() ?? []) {
      const without = found?.commands.filter((_, at) => at !== index) ?? [];
      const failure = failureOf({ config: found?.config ?? {}, commands: without }, {});
      expect(failure?.key === found?.failure.key).toBe(false);
    }
  });

  test('vCPUs, values and fields become as simple as they can', () => {
    const { config, commands } = sceneOf('pcide-keeps-roots');
    const found = shrink({ config: { ...config, vcpus: 4 }, commands }, {});
    expect(found?.config.vcpus ?? 1).toBe(1);
    expect(found?.given).toBe(commands.length);
  });

  test('a disagreement of two policies', () => {
    const found = shrink(
      { config: { policy: 'mainline' }, commands: [{ kind: 'mov-from-cr3', vcpu: 0 }] },
      { kind: 'disagreement', against: 'need-sync' },
    );
    expect(found).toBe(null);
  });

  test('a mistake of a defect stays one: mainline without it never shows it', () => {
    for (const name of ['pcide-keeps-roots', 'invlpg-skips-hardware', 'role-without-guest-mode']) {
      const found = shrink(padded(sceneOf(name), 3), {});
      expect(found?.failure.kind).toBe('violation');
      const { defects: _, ...config } = found?.config ?? {};
      const soundly = failureOf({ config, commands: found?.commands ?? [] }, {});
      expect([name, soundly?.key === found?.failure.key]).toEqual([name, false]);
    }
  });

  test('a list without a mistake is none', () => {
    expect(shrink({ config: {}, commands: [{ kind: 'enter', vcpu: 0 }] }, {})).toBe(null);
  });
});

/** Statements of a function in C, without comments. */
function functionOf(text: string, name: string): string[] {
  const body = text.split(`static void ${name}(`)[1]?.split('\n}\n')[0] ?? '';
  const lines = body.split('\n').slice(2);
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('/*'));
}

describe('a smallest list is written', () => {
  const found: Shrunk = {
    config: { memory: { words: [{ gpa: '0x1000', value: '0x2003' }] } },
    commands: [
      { kind: 'mov-cr3', vcpu: 0, value: '0x1001' },
      { kind: 'invpcid', vcpu: 0, type: 1, pcid: 2, gva: '0x0' },
      { kind: 'read', vcpu: 0, gva: '0x400000' },
      { kind: 'zap-all', vcpu: 0 },
    ],
    failure: { kind: 'violation', key: 'r', message: 'it\'s stale */ """', command: 2 },
    ...{ against: null, given: 9 },
    tries: 5,
  };

  test('as C in the words of kvm-unit-tests', () => {
    const text = SHRUNK_TEXTS['kvm-unit-tests'](found);
    expect(text).toContain('#include "libcflat.h"\n#include "desc.h"\n#include "processor.h"\n');
    expect(text).toContain('\tstore(0x1000ull, 0x2003ull);\n\twrite_cr3(0x1001ull);\n');
    expect(text).toContain('\tinvpcid_safe(0x1ull, &desc);\n\t(void)load_faults(0x400000ull);\n');
    expect(text).toContain('no guest executes this */\n');
    expect(text.match(/\*\//g)).toHaveLength(2);
  });

  test('as C of VMX: L2 is a function of its own, and other CPUs run theirs', () => {
    const vmx: Shrunk = { ...found, ...sceneOf('mainline-pv-l2') };
    const text = SHRUNK_TEXTS['kvm-unit-tests'](vmx);
    expect(functionOf(text, 'shrunk_guest')).toEqual([
      'asm volatile("vmcall");',
      'on_cpu(1, on_cpu_1_0, NULL);',
      'asm volatile("vmcall");',
    ]);
    expect(functionOf(text, 'on_cpu_1_0')).toEqual([
      '(void)data;',
      'put(0x803000ull, 0x1a067ull);',
    ]);
    expect(functionOf(text, 'shrunk_test')).toEqual([
      'init_vmcs(&vmcs_2000);',
      'vmcs_clear(vmcs_2000);',
      'test_set_guest(shrunk_guest);',
      'vmx_off();',
      'write_cr4(0x20a0ull);',
      'vmx_on();',
      'make_vmcs_current(vmcs_2000);',
      'vmcs_write(CPU_EXEC_CTRL1, 0x22ull);',
      'vmcs_write(VPID, 0x1ull);',
      'vmcs_write(EPTP, 0x11a01eull);',
      'run_l2();',
      '(void)load(0x400000ull);',
      'run_l2();',
      'report(load(0x400000ull) == 0x1aull, "the read is of the page that is mapped");',
    ]);
  });

  test.each([
    // L2 leaves where its access is refused by the EPT: L1 says why.
    ['ept-bit-7-unchecked', 'report(vmcs_read(EXI_REASON) == 49, "L2 leaves for this reason");'],
    ['invept-eptp-unchecked', 'report(__invept(0x1ull, 0x40000011a01eull), "it fails");'],
    [
      'canonical-by-la57',
      'report(!__invvpid(0x0ull, 0x1ull, 0xffaaaaaaaaaaaaaaull), "it succeeds");',
    ],
    ['vpid-0-entered', 'report(result.vm_fail, "it fails");'],
  ])('as C of VMX: %s ends with what the last command should do', (name, report) => {
    const text = SHRUNK_TEXTS['kvm-unit-tests']({ ...found, ...sceneOf(name) });
    expect(functionOf(text, 'shrunk_test').at(-1)).toBe(report);
  });

  test('as a shell script, in TypeScript and in Python', () => {
    expect(SHRUNK_TEXTS.curl(found)).toContain(
      `JSON'\n[{"kind":"mov-cr3","vcpu":0,"value":"0x1001"}`,
    );
    expect(SHRUNK_TEXTS.typescript(found)).toContain('await vm.runAll(COMMANDS, { events: true })');
    expect(SHRUNK_TEXTS.python(found).match(/"""/g)).toHaveLength(2);
  });
});
