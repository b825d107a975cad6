import { describe, expect, test } from 'vitest';
import type { KernelVersion } from '../../src/mmu/index.js';
import { wordFromNumber, writeWord } from '../../src/mmu/machine/index.js';
import type { Lab } from './lab.js';
import {
  DATA,
  DATA_GPA,
  entryFor,
  eventsOf,
  frameAt,
  hex,
  noFlush,
  PT,
  ROOTS,
  writeEntry,
} from './paged-guest.js';
import {
  EPT_PT,
  EPT_ROOT,
  EPTP,
  EPTP_AD,
  enterL2,
  runL2In,
  startHypervisor,
} from './paged-hypervisor.js';

const [A, B] = ROOTS;
const READ = { kind: 'read', gva: hex(DATA) } as const;
const NEW_FRAME = { kind: 'ok', value: { page: 0, low: 0x15 } };
const LEAF = EPT_PT + (DATA_GPA / 4096) * 8;
/** An EPT entry that allows everything and has A and D set. */
const EPT_ENTRY = 0x337;
const VPID = '0x20';

/** L1 and L2 share `root_mmu`; L2 has PCIDE, has used the data under A and B, and has left. */
function withoutEpt(kernel: KernelVersion, secondary: string): Lab {
  const lab = startHypervisor({ kernel, paging: 'shadow' }, secondary);
  lab.run({ kind: 'vmwrite', field: 'GUEST_CR4', value: '0x220a0' });
  lab.run({ kind: 'vmwrite', field: 'GUEST_CR3', value: hex(A + 1) });
  enterL2(lab);
  frameAt(lab, DATA);
  lab.run(noFlush(B + 2));
  frameAt(lab, DATA);
  lab.run({ kind: 'vmexit' });
  return lab;
}

/** Architecture reference, section 5: what the fixed kernels do. */
describe('a bug of the past, under L1 and L2', () => {
  test('5.3 INVEPT reaches cached EPT roots, single and global', () => {
    for (const type of [1, 2]) {
      const lab = startHypervisor();
      for (const ad of [false, true]) runL2In(lab, READ, { ad });
      writeEntry(lab, LEAF, 0x15000 + EPT_ENTRY);
      lab.run({ kind: 'invept', type, eptp: hex(EPTP) });
      expect(runL2In(lab, READ, { ad: false })).toEqual(NEW_FRAME);
    }
  });

  test('5.4 INVEPT matches on EP4TA: the root of another EPTP with the same tables is meant', () => {
    const lab = startHypervisor();
    for (const ad of [false, true]) runL2In(lab, READ, { ad });
    writeEntry(lab, LEAF, 0);
    lab.run({ kind: 'invept', type: 1, eptp: hex(EPTP) });
    expect(runL2In(lab, READ, { ad: true })).toMatchObject({ kind: 'vm-exit', reason: 48 });
  });

  test.each(['5.14', '6.1', '7.3'] as const)('5.5 INVVPID without EPT, kernel %s', (kernel) => {
    const lab = withoutEpt(kernel, VPID);
    writeEntry(lab, PT, entryFor(0x15000));
    lab.run({ kind: 'invvpid', type: 1, vpid: 1, gva: '0x0' });
    enterL2(lab);
    lab.run(noFlush(A + 1));
    expect(lab.run(READ)).toEqual(NEW_FRAME);
  });

  test.each(['5.14', '6.1', '7.3'] as const)('5.7 a transition without VPID, %s', (kernel) => {
    const lab = withoutEpt(kernel, '0x0');
    writeEntry(lab, PT, entryFor(0x15000));
    enterL2(lab);
    lab.run(noFlush(A + 1));
    expect(lab.run(READ)).toEqual(NEW_FRAME);
  });

  test('5.11 another VPID of L2 finds nothing of the last one', () => {
    const frames = (['5.14', '6.1'] as const).map((kernel) => {
      const lab = startHypervisor({ kernel });
      runL2In(lab, READ);
      writeEntry(lab, PT, entryFor(0x15000));
      const stale = runL2In(lab, READ);
      lab.run({ kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x2' });
      return [stale, runL2In(lab, READ)];
    });
    expect(frames).toMatchObject(Array(2).fill([{ value: { low: 0x10 } }, NEW_FRAME]));
  });

  test('5.12 a flush that L2 asks for is of the VPID of L2', () => {
    const lab = startHypervisor();
    enterL2(lab);
    lab.run(READ);
    writeEntry(lab, PT, entryFor(0x15000));
    expect(frameAt(lab, DATA)).toBe(0x10);
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH_GUEST' });
    lab.run({ kind: 'enter' });
    expect(eventsOf(lab, 'tlb-flushed')).toMatchObject([{ scope: 'guest', vpid: 2 }]);
    expect(lab.run(READ)).toEqual(NEW_FRAME);
  });

  test('5.13 a flush that was asked for in L2 is done before it leaves', () => {
    const lab = startHypervisor();
    enterL2(lab);
    lab.run(READ);
    writeEntry(lab, PT, entryFor(0x15000));
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH_GUEST' });
    lab.run({ kind: 'vmexit' });
    expect(runL2In(lab, READ)).toEqual(NEW_FRAME);
  });

  test('5.14 INVLPG by L2 is of its linear addresses', () => {
    const lab = startHypervisor();
    enterL2(lab);
    lab.run(READ);
    writeEntry(lab, PT, entryFor(0x15000));
    lab.run({ kind: 'invlpg', gva: hex(DATA) });
    expect(lab.run(READ)).toEqual(NEW_FRAME);
  });

  test('5.19 A and D follow the new EPTP, in the EPT alone', () => {
    const lab = startHypervisor();
    writeEntry(lab, LEAF, DATA_GPA + 0x37);
    writeWord(lab.vm.memory, 0x7000, wordFromNumber(EPTP_AD));
    lab.run({ kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x2022' });
    lab.run({ kind: 'vmwrite', field: 'VM_FUNCTION_CONTROL', value: '0x1' });
    lab.run({ kind: 'vmwrite', field: 'EPTP_LIST_ADDRESS', value: '0x7000' });
    enterL2(lab);
    lab.run(READ);
    const { role } = lab.vcpu.rootMmu;
    lab.run({ kind: 'vmfunc', index: 0 });
    lab.run({ kind: 'write', gva: hex(DATA), value: '0x1' });
    lab.run({ kind: 'vmexit' });
    expect(lab.vcpu.rootMmu.role).toBe(role);
    const leaf = 0x800000 + LEAF - A;
    expect(lab.run({ kind: 'read', gva: hex(leaf) })).toMatchObject({ value: { low: 0x337 } });
  });

  test('5.31 bit 7 of an EPT entry of level 4 is reserved', () => {
    const lab = startHypervisor();
    writeEntry(lab, EPT_ROOT, 0x11b0b7);
    expect(runL2In(lab, READ)).toMatchObject({ kind: 'vm-exit', reason: 49 });
  });
});
