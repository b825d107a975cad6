import { describe, expect, test } from 'vitest';
import { createVm, type KernelName, step } from '../../src/mmu/index.js';
import {
  A,
  type Act,
  B,
  cr0,
  cr3,
  cr4,
  EPT_LEAF,
  EPTP,
  efer,
  hostWrite,
  invept,
  launch,
  leave,
  MEMSLOTS,
  onGuest,
  onHypervisor,
  read,
  resume,
  type Scene,
  store,
  vmwrite,
  write,
  X,
} from '../../src/mmu/scenes/index.js';
import {
  Command,
  type CommandInput,
  createJsonWriter,
  Outcome,
  VmConfig,
} from '../../src/mmu/schema/index.js';

/** Short courses whose answers were written down from the manual and the kernel before they ran. */

const KERNELS: readonly KernelName[] = ['5.18.0', '6.1', '6.12', '7.3'];
const write64 = createJsonWriter(Outcome);

/** The outcomes of the last acts, in few letters. */
function answers({ config, stage, acts }: Scene, kernel: KernelName, count: number): string[] {
  const vm = createVm(VmConfig.parse({ ...config, kernel }));
  for (const command of stage) step(vm, Command.parse(command), null);
  const all = acts.map(({ command }) => {
    const outcome = step(vm, Command.parse(command), (_vcpu, event) => {
      expect(event.kind).not.toBe('violation');
      return 0;
    });
    const { kind, ...rest } = JSON.parse(write64(outcome)) as Record<string, unknown>;
    const said = [rest.vector, rest.error, rest.reason, rest.value, rest.gpa, rest.dirty];
    const words = said.filter((one) => one !== undefined).map((one) => JSON.stringify(one));
    return [kind, ...words].join(' ').replaceAll('"', '');
  });
  return all.slice(-count);
}

const does = (command: CommandInput): Act => ({ command });
const vmread = (field: 'GUEST_CR3' | 'VM_ENTRY_INTR_INFO_FIELD') =>
  does({ kind: 'vmread', vcpu: 0, field });
const invvpid = (type: number, vpid: number, gva: string) =>
  does({ kind: 'invvpid', vcpu: 0, type, vpid, gva });
const event = (info: number) => vmwrite('VM_ENTRY_INTR_INFO_FIELD', info);

describe('PDPTEs', () => {
  const pae = (...acts: readonly Act[]) => onGuest(acts, { mode: 'PAE' });
  /** Of the second entry, which is present then: bits 2:1 and 8:5 are reserved. */
  const second = (value: number) => hostWrite(A + 8, value);
  const bad = second(0x3);

  test.each<[string, Scene, string[]]>([
    ['are not loaded with SMAP', pae(bad, cr4('0x200020')), ['ok']],
    ['are loaded with SMEP', pae(bad, cr4('0x100020')), ['fault #GP']],
    ['are loaded with PSE', pae(bad, cr4('0x30')), ['fault #GP']],
    ['are not loaded with WP', pae(bad, cr0('0x80000033')), ['ok']],
    ['are not loaded with NX', pae(bad, efer('0x0')), ['ok']],
    ['may have bit 9', pae(second(A + 0x1201), cr3(A)), ['ok']],
    ['may not have bit 5', pae(second(A + 0x1021), cr3(A)), ['fault #GP']],
    ['serve on after #GP', pae(second(A + 0x1101), cr3(A), read(X)), ['fault #GP', 'ok 0x10']],
  ])('%s', (_what, scene, wanted) => {
    for (const kernel of KERNELS) expect(answers(scene, kernel, wanted.length)).toEqual(wanted);
  });
});

describe('what is injected into L2', () => {
  test.each<[string, Scene, string[]]>([
    ['is of no reserved type', onHypervisor([event(0x80000120), launch]), ['vm-fail 7']],
    ['has no error code with #UD', onHypervisor([event(0x80000b06), launch]), ['vm-fail 7']],
    ['is no other event but 0', onHypervisor([event(0x80000701), launch]), ['vm-fail 7']],
    ['has no bit 12', onHypervisor([event(0x80001306), launch]), ['vm-fail 7']],
    ['may be anything that is not valid', onHypervisor([event(0x1120), launch]), ['ok']],
    [
      'is valid no longer after an exit',
      onHypervisor([event(0x80000306), launch, leave, vmread('VM_ENTRY_INTR_INFO_FIELD')]),
      ['ok 0x306'],
    ],
    [
      'is valid still after an entry that failed, which was no launch',
      onHypervisor([
        ...[event(0x80000306), vmwrite('GUEST_CR4', 0), launch, vmread('VM_ENTRY_INTR_INFO_FIELD')],
        ...[vmwrite('GUEST_CR4', 0x20a0), resume, launch],
      ]),
      ['vm-exit 2147483681', 'ok 0x80000306', 'ok', 'vm-fail 5', 'ok'],
    ],
  ])('%s', (_what, scene, wanted) => {
    for (const kernel of KERNELS) expect(answers(scene, kernel, wanted.length)).toEqual(wanted);
  });
});

describe('memory of an L2', () => {
  const FAR = 2 ** 32;
  const MOVED_TO = FAR + 0x10000;
  const farSlot = (gpa: number) => ({ gpa: `0x${gpa.toString(16)}`, bytes: 4096 });
  const withSlot = (readonly: boolean) => {
    const memslots = [...MEMSLOTS, { ...farSlot(FAR), readonly }];
    return { config: { memory: { memslots } } };
  };
  const move = does({ kind: 'set-memslot', vcpu: 0, slot: 3, memslot: farSlot(MOVED_TO) });
  const getDirty = does({ kind: 'get-dirty-log', vcpu: 0, slot: 0 });
  const logging = does({ kind: 'dirty-log', vcpu: 0, slot: 0, enabled: true });
  const mapping = (gpa: number) => store(EPT_LEAF, gpa + 0x337);

  test.each<[string, Scene, string[]]>([
    [
      'that is read-only to L1 is a device when it is written',
      onHypervisor([mapping(FAR), launch, read(X), write(X)], withSlot(true)),
      ['ok 0x0', 'mmio 0x100000000'],
    ],
    [
      'that moves is a device until L1 maps it anew',
      onHypervisor(
        [
          ...[hostWrite(FAR, 0x77), mapping(FAR), launch, read(X), move, read(X), leave],
          ...[mapping(MOVED_TO), invept(1, EPTP), resume, read(X)],
        ],
        withSlot(false),
      ),
      [...['ok 0x77', 'ok', 'mmio 0x100000000', 'vm-exit 18'], ...['ok', 'ok', 'ok', 'ok 0x77']],
    ],
    [
      'is logged from when the log begins, once between two looks',
      onHypervisor([launch, write(X), logging, getDirty, write(X), getDirty, getDirty]),
      ['ok []', 'ok', 'ok [{first:16,count:1}]', 'ok []'],
    ],
  ])('%s', (_what, scene, wanted) => {
    for (const kernel of KERNELS) expect(answers(scene, kernel, wanted.length)).toEqual(wanted);
  });
});

test.each<[string, Scene, string[]]>([
  ['VPID 0 of one context', onHypervisor([invvpid(1, 0, '0x0')]), ['vm-fail 28']],
  ['VPID 0 of all contexts', onHypervisor([invvpid(2, 0, '0x0')]), ['ok']],
  ['an address', onHypervisor([invvpid(0, 1, '0x800000000000')]), ['vm-fail 28']],
  ['an address that is not read', onHypervisor([invvpid(1, 1, '0x800000000000')]), ['ok']],
  ['CR3 of L2', onHypervisor([launch, cr3(B), leave, vmread('GUEST_CR3')]), ['ok 0x110000']],
])('INVVPID and VMREAD: %s', (_what, scene, wanted) => {
  for (const kernel of KERNELS) expect(answers(scene, kernel, wanted.length)).toEqual(wanted);
});
