import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  createAgreement,
  createCensus,
  createReconstruction,
  createTextReader,
  machineOf,
  type Window,
} from '../../../src/lab/trace/index.js';
import { wordToHex } from '../../../src/mmu/index.js';
import type { Command } from '../../../src/mmu/schema/index.js';

const TRACES = new URL('../../../conformance/kvm-traces/', import.meta.url);
const RECORDINGS = new URL('../../../conformance/kvm-recordings/', import.meta.url);

/** VMCS component EPT_POINTER, by its encoding. */
const EPT_POINTER = 0x201a;

/**
 * Every trace of a recording: root loads, windows with synced pages and windows with unsynced ones
 * in which the model has done as the kernel did, which is all of them; and commands that are guessed.
 */
const COMPARED: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'linux-6.1/svm_shadow/a2_unsync.kprobes': [2, 5, 6, 2],
  'linux-6.1/svm_shadow/a2_unsync.plain': [2, 5, 6, 7],
  'linux-6.1/vmx_ept/p3_invpcid.kprobes': [0, 0, 0, 0],
  'linux-6.1/vmx_ept/p3_invpcid.plain': [0, 0, 0, 0],
  'linux-6.1/vmx_nested_ept/n1_eptp.kprobes': [8, 0, 0, 0],
  'linux-6.1/vmx_nested_ept/n1_eptp.plain': [8, 0, 0, 0],
  'linux-6.1/vmx_nested_ept/n2_invept.kprobes': [14, 0, 0, 6],
  'linux-6.1/vmx_nested_ept/n2_invept.plain': [14, 0, 0, 6],
  'linux-6.1/vmx_nested_shadow/s1_shadow_nested.kprobes': [12, 0, 0, 0],
  'linux-6.1/vmx_nested_shadow/s1_shadow_nested.plain': [12, 0, 0, 0],
  'linux-6.1/vmx_shadow/a1_lru.kprobes': [16, 0, 0, 0],
  'linux-6.1/vmx_shadow/a1_lru.plain': [16, 0, 0, 0],
  'linux-6.1/vmx_shadow/p3_invpcid.kprobes': [16, 0, 0, 0],
  'linux-6.1/vmx_shadow/p3_invpcid.plain': [16, 0, 0, 20],
  'linux-6.1/vmx_shadow/p5_unsync.kprobes': [18, 8, 9, 0],
  'linux-6.1/vmx_shadow/p5_unsync.plain': [18, 8, 9, 0],
  'linux-6.1/vmx_shadow/p8_rand.kprobes': [124, 16, 18, 0],
  'linux-6.1/vmx_shadow/p8_rand.plain': [124, 16, 18, 80],
  'linux-7.3/vmx_nested_ept/n2_invept.kprobes': [14, 0, 0, 6],
  'linux-7.3/vmx_nested_ept/n2_invept.plain': [14, 0, 0, 6],
  'linux-7.3/vmx_shadow/p5_unsync.kprobes': [18, 8, 9, 0],
  'linux-7.3/vmx_shadow/p5_unsync.plain': [18, 8, 9, 0],
  'linux-7.3/vmx_shadow/p8_rand.kprobes': [124, 16, 18, 0],
  'linux-7.3/vmx_shadow/p8_rand.plain': [124, 16, 18, 80],
};

describe('a trace of a recording', () => {
  test('every one is in the table', () => {
    const files = readdirSync(TRACES, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.startsWith('linux-') && file.endsWith('.txt.gz'))
      .map((file) => file.replace('.txt.gz', ''));
    expect(files.sort()).toEqual(Object.keys(COMPARED).sort());
  });

  test.each(Object.keys(COMPARED))('%s: the operations of the recording', (name) => {
    const { windows } = reconstructed(name);
    const made = windows.flatMap(({ placed }) => placed.map(({ command }) => command));
    expect(rootsAndAddresses(made)).toEqual(isSilent(name) ? [] : recordedOperations(name));
  });

  test.each(Object.entries(COMPARED))(
    '%s: loads, syncs and unsyncs of the model',
    (name, counts) => {
      const { windows, config } = reconstructed(name);
      const run = createAgreement(config);
      for (const window of windows) run.take(window);
      const { agreement } = run;
      expect(agreement.failure).toBe(null);
      expect(agreement.firstRefusal).toBe(null);
      expect(agreement.disagreements).toEqual([]);
      const { loads, synced, unsynced } = agreement;
      const guessed = windows.flatMap(({ placed }) =>
        placed.filter(({ confidence }) => confidence === 'guessed'),
      ).length;
      expect([loads.agree, synced.agree, unsynced.agree, guessed]).toEqual(counts);
      // The last window is cut off by the end of the trace.
      expect(agreement.torn).toBe(1);
    },
  );

  test('with kprobes: the operands of INVPCID as well', () => {
    for (const name of ['linux-6.1/vmx_shadow/p8_rand', 'linux-7.3/vmx_shadow/p8_rand']) {
      const { windows } = reconstructed(`${name}.kprobes`);
      const made = windows.flatMap(({ placed }) =>
        placed.flatMap(({ command }) =>
          command.kind === 'invpcid'
            ? [[command.type, command.pcid, command.gva].map(wordToHex).join(' ')]
            : [],
        ),
      );
      const operations = operationsOf(name).filter(({ op }) => op === 'invpcid');
      expect(made).toEqual(operations.map(({ args }) => args.join(' ')));
      expect(made).toHaveLength(83);
    }
  });
});

/** On an ordinary EPT host the guest switches roots by itself: nothing of it is in a trace. */
function isSilent(name: string): boolean {
  return name.includes('vmx_ept/');
}

/** CR3 writes, INVLPG addresses and the EPTP of every entry to L2, in order. */
function rootsAndAddresses(commands: readonly Command[]): string[] {
  let eptp = '';
  return commands.flatMap((command) => {
    switch (command.kind) {
      case 'mov-cr3':
        return [`cr3 ${wordToHex(command.value)}`];
      case 'invlpg':
        return [`invlpg ${wordToHex(command.gva)}`];
      case 'vmwrite':
        if (command.field === EPT_POINTER) eptp = ` ${wordToHex(command.value)}`;
        return [];
      case 'vmlaunch':
      case 'vmresume':
        return [`l2${eptp}`];
      default:
        return [];
    }
  });
}

function recordedOperations(name: string): string[] {
  let eptp = '';
  return operationsOf(name.replace(/\.\w+$/, '')).flatMap(({ op, args: [a, b] }) => {
    if (op === 'movcr3') return [`cr3 ${a}`];
    if (op === 'invlpg') return [`invlpg ${a}`];
    if (op === 'initvmcs' && a !== '0x0') eptp = ` ${a}`;
    if (op === 'vmwrite' && Number(a) === EPT_POINTER) eptp = ` ${b}`;
    if (op !== 'l2') return [];
    const inside = a === '0x3' ? [`cr3 ${b}`] : a === '0x4' ? [`invlpg ${b}`] : [];
    return [`l2${eptp}`, ...inside];
  });
}

function operationsOf(name: string): { op: string; args: string[] }[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, RECORDINGS), 'utf8')).operations;
}

function reconstructed(name: string) {
  const census = createCensus();
  const windows: Window[] = [];
  const reconstruction = createReconstruction(census, (_vm, window) => windows.push(window));
  const reader = createTextReader(census, reconstruction.take);
  reader.push(gunzipSync(readFileSync(new URL(`${name}.txt.gz`, TRACES))).toString('latin1'));
  reader.end();
  reconstruction.end();
  expect(reconstruction.vms).toHaveLength(1);
  const [vm] = reconstruction.vms;
  const release = /linux-([\d.]+)/.exec(name)?.[1] ?? null;
  return { windows, config: machineOf(vm as NonNullable<typeof vm>, release, {}) };
}
