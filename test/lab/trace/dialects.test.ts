import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  createAgreement,
  createCensus,
  createReconstruction,
  createTextReader,
  machineOf,
  type VmTrace,
  type Window,
} from '../../../src/lab/trace/index.js';
import { factsOf, shortOf } from './facts-of.js';
import { LINES } from './lines.js';
import { DATS } from './read-dat.js';

interface Who {
  readonly name: string;
  readonly pid: number;
}

const AT = '100.000125';

/** Beginnings of lines, by whom they are printed: task, CPU 7 (or none), flags, time. */
const HEADS: Readonly<Record<string, (who: Who) => string>> = {
  'tracefs without flags': ({ name, pid }) => `${name.padStart(16)}-${pid}    [007]   ${AT}: `,
  'tracefs, four flags': ({ name, pid }) => `${name.padStart(16)}-${pid} [007] d.h. ${AT}: `,
  'tracefs, five flags': ({ name, pid }) => `${name}-${pid} [007] dNh1. ${AT}: `,
  'tracefs, flags of a lazy kernel': ({ name, pid }) => `${name}-${pid} [007] bl.11 ${AT}: `,
  'tracefs, NMI and hardirq': ({ name, pid }) => `${name}-${pid} [007] D.*2. ${AT}: `,
  'tracefs with processes': ({ name, pid }) => `${name}-${pid} (     40) [007] ..... ${AT}: `,
  'tracefs without this process': ({ name, pid }) => `${name}-${pid} (-------) [007] d... ${AT}: `,
  'trace-cmd': ({ name, pid }) => `${name.padStart(16)}-${pid}   [007]   ${AT}: `,
  'trace-cmd, raw flags': ({ name, pid }) => `${name.padStart(16)}-${pid} [007]-0x1   ${AT}: `,
  'trace-cmd, a file': ({ name, pid }) => `   /tmp/a-b/h_2.dat:     ${name}-${pid} [007] ${AT}: `,
  perf: ({ name, pid }) => `${name.padStart(16)} ${String(pid).padStart(5)} [007]   ${AT}: `,
  'perf, both ids': ({ name, pid }) => `${name.padStart(16)}    40/${pid}    [007]   ${AT}: `,
  'perf, flags behind the CPU': ({ name, pid }) => `${name}  ${pid} [007] d..1.   ${AT}: `,
  'perf, a date': ({ name, pid }) => `2026-01-01 00:00:00.000001 ${name} ${pid} .N.. [007] ${AT}: `,
  'a date by ISO': ({ name, pid }) => `2026-01-01T00:00:00.001+01:00 ${name} ${pid} [007] ${AT}: `,
  'a log of the system': ({ name, pid }) =>
    `Jan  1 00:00:00 host-1 kernel: [   12.123456] ${name}-${pid} [007] d..1. ${AT}: `,
  dmesg: ({ name, pid }) => `[   12.123456] ${name}-${pid} [007] d..1. ${AT}: `,
  'dmesg -T': ({ name, pid }) => `[Thu Jan  1 00:00:00 2026] ${name}-${pid} [007] ..... ${AT}: `,
};

/** Heads in which the name of the task is cut. */
const LATENCY_HEADS: typeof HEADS = {
  'trace-cmd -l': ({ name, pid }) => `${name.slice(0, 8).padStart(8)}-${pid}     7d..1.   ${AT}: `,
  'trace-cmd -R -l': ({ name, pid }) => `${name.slice(0, 8).padStart(8)}-${pid}  7-0x1   ${AT}: `,
  'tracefs, latency': ({ name, pid }) => `${name.slice(0, 8)}-${pid}     7d..1. 100000125us!: `,
  'a dump of ftrace': ({ name, pid }) =>
    `[   12.123456] ${name.slice(0, 8)}-${pid}     7d..1. 100000125us : `,
};

/** Signs before a line: of quotes, of an editor, of a list. */
const BEFORE = ['', '> ', '>> ', '> > ', '&gt; ', '&gt;&gt; ', '    ', '\t', '  1234: '];
const WHO: readonly Who[] = [
  { name: 'vmm', pid: 41 },
  { name: 'qemu-system-x86', pid: 4242 },
  { name: 'CPU 0/KVM', pid: 9002 },
  { name: '<...>', pid: 9005 },
  { name: 'qemu:vm1-x [y]', pid: 78 },
  { name: 'a-1', pid: 5 },
];

/** Forms between time and fields: the event's group, perf's period, a column, a difference. */
const NAMED: readonly ((group: string, event: string) => string)[] = [
  (_group, event) => event,
  (group, event) => `${group}:${event}`,
  (group, event) => `        1     ${group}:${event}`,
  (_group, event) => event.replace(': ', ':             '),
  (_group, event) => `(+185)   ${event}`,
];

const EVENTS: readonly (readonly [group: string, event: string, fact: string])[] = [
  ['kvm', 'kvm_entry: vcpu 1, rip 0x10000', 'entry vcpu:1'],
  [
    'kvm',
    'kvm_exit: vcpu 1 reason npf rip 0x9f info1 0x0000000100000014 info2 0x00000000000fd000 intr_info 0x00000000 error_code 0x00000000',
    'exit vcpu:1 reason:EPT_VIOLATION vendor:svm info1:0x100000014 info2:0xfd000',
  ],
  [
    'kvmmmu',
    'kvm_mmu_sync_page: sp gen 0 gfn 131 l1 8-byte q0 w-x nxe ad root 0 unsync',
    'page synced gfn:131 level:1 isDirect:false',
  ],
];

/** Whole lines with the fact that they stand for, every head with every sign before it. */
function linesOf(heads: typeof HEADS): { line: string; fact: string; who: Who }[] {
  return Object.values(heads).flatMap((head) =>
    BEFORE.flatMap((before) =>
      WHO.flatMap((who) =>
        NAMED.flatMap((named) =>
          EVENTS.map(([group, event, fact]) => {
            return { line: `${before}${head(who)}${named(group, event)}`, fact, who };
          }),
        ),
      ),
    ),
  );
}

describe('any mix of dialects', () => {
  test.each([
    ['with the whole name', HEADS, 18],
    ['with a cut name', LATENCY_HEADS, 4],
  ])('each head, %s, behind each sign, for each task, with each event', (_what, heads, count) => {
    const lines = linesOf(heads);
    expect(lines).toHaveLength(count * 9 * 6 * 5 * 3);
    for (const { line, fact, who } of lines) {
      const { facts, stamps, census } = factsOf(`${line}\n`);
      const { task, cpu, at } = stamps[0] ?? {};
      const isCut = heads === LATENCY_HEADS;
      expect({ line, fact: facts.map(shortOf), pid: task?.pid, cpu, at }).toEqual({
        ...{ line, fact: [fact], pid: who.pid, cpu: 7, at: 100000125000 },
      });
      expect(`${line}: ${task?.name}`).toBe(`${line}: ${isCut ? who.name.slice(0, 8) : who.name}`);
      expect(census.unread.size).toBe(0);
    }
  });

  test('a line that a mail client wraps at any blank, quoted or not', () => {
    let wraps = 0;
    for (const quote of ['', '> ', '>> ', '&gt; ']) {
      for (const [, line, , fact] of LINES) {
        const text = line.trimStart();
        for (const { index } of text.matchAll(/(?<! ) (?=.)/g)) {
          // No client's lines are so short that a name falls apart.
          if (index < 30) continue;
          const first = `${quote}${text.slice(0, index)}\n${quote}${text.slice(index).trimStart()}\n`;
          const next = `${quote}q-1 [000] d..1. 9000000.000002: kvm_entry: vcpu 0, rip 0x10\n`;
          const { facts, census } = factsOf(first + next);
          const read = [...facts.map(shortOf), ...census.unread.values()];
          expect({ first, read }).toEqual({ first, read: [fact, 'entry vcpu:0'] });
          wraps += 1;
        }
      }
    }
    expect(wraps).toBe(4 * 231);
  });

  test('a remark below an event is a remark, whatever numbers it has', () => {
    const event = ' q-1 [000] d..1. 1.000001: kvm_exit: reason npf rip 0x9f\n';
    for (const quote of ['', '> ']) {
      const { facts, census } = factsOf(`${quote}${event}vcpu 3 hangs here, info1 0x10\n`);
      expect(facts.map(shortOf)).toEqual([
        'exit vcpu:null reason:EPT_VIOLATION vendor:svm info1:null info2:null',
      ]);
      expect([...census.unread.values()]).toEqual([
        { what: 'text that is no event', count: 1, example: 'vcpu 3 hangs here, info1 0x10' },
      ]);
    }
  });
});

/** Recordings of one script on AMD, each as another tool or option prints it. */
const FORMS = [
  ...['k61-text-local', 'k61-text-counter', 'k61-text-x86-tsc', 'k61-text-opt-latency-format'],
  ...['k61-text-opt-noirq-info', 'k61-text-opt-record-tgid', 'k61-text-opt-verbose-latency'],
  ...['k61-perf61192-a2.script', 'k61-perf61192-a2.script-F', 'k61-perf61192-a2.script-ns'],
  ...['linux-6.1-a2_unsync.report-R', 'k61-tc316-a2-lost.report12'],
];

test.each(FORMS)('%s: the commands of the script, and the kernel does as mainline', (name) => {
  const { vms, kinds } = reconstructed(name);
  const [{ vm, windows } = { vm: null, windows: [] }] = vms;
  expect(vms).toHaveLength(1);
  expect(kinds).toEqual(reconstructed('k61-text-local').kinds);
  const run = createAgreement(machineOf(vm as VmTrace, '6.1', {}));
  for (const window of windows) run.take(window);
  const { loads, synced, unsynced, disagreements } = run.agreement;
  expect(disagreements).toEqual([]);
  expect([loads.agree, synced.agree, unsynced.agree]).toEqual([2, 5, 6]);
});

test('roots that AMD leaves unnamed are such that the kernel does as mainline', () => {
  const recordings = [
    ...reconstructed('linux-6.1-a1_lru.perf-script').vms,
    ...reconstructed('k73-tc331-smp-two.report13').vms.slice(1),
  ];
  expect(recordings).toHaveLength(2);
  for (const { vm, windows } of recordings) {
    const run = createAgreement(machineOf(vm, '6.1', {}));
    for (const window of windows) run.take(window);
    expect(run.agreement.disagreements).toEqual([]);
    expect([run.agreement.loads.windows, run.agreement.refused]).toEqual([16, 0]);
  }
});

test('what tracefs prints without names is counted, and nothing else of it', () => {
  for (const [name, count] of [
    ['k61-text-opt-raw', 1264],
    ['k61-text-opt-hex', 1264],
  ] as const) {
    expect([...factsOf(textOf(name)).census.unread.values()]).toMatchObject([
      { what: 'event without its name: option raw, hex or bin of tracefs', count },
    ]);
  }
});

function reconstructed(name: string) {
  const windows = new Map<VmTrace, Window[]>();
  const census = createCensus();
  const reconstruction = createReconstruction(census, (vm, window) => {
    windows.set(vm, [...(windows.get(vm) ?? []), window]);
  });
  const reader = createTextReader(census, reconstruction.take);
  reader.push(textOf(name));
  reader.end();
  reconstruction.end();
  const vms = reconstruction.vms.map((vm) => ({ vm, windows: windows.get(vm) ?? [] }));
  const placed = vms.flatMap((one) => one.windows.flatMap((window) => window.placed));
  return { vms, kinds: placed.map(({ command, confidence }) => `${command.kind} ${confidence}`) };
}

function textOf(name: string): string {
  return gunzipSync(readFileSync(new URL(`${name}.txt.gz`, DATS))).toString('latin1');
}
