import { describe, expect, test } from 'vitest';
import { prevRootsOf, rootAt } from '../../src/mmu/state/index.js';
import { beginVmx, createLab, kindsOf, type Lab, slotsOf } from './lab.js';

const EPT_AND_VPID = '0x22';
const VPID = '0x20';
const INVPCID = '0x1000';

/** L2 runs, entered from L1. */
function inL2(...setup: Parameters<typeof beginVmx>): Lab {
  const lab = beginVmx(...setup);
  lab.run({ kind: 'vmlaunch' });
  lab.run({ kind: 'enter' });
  return lab;
}

const exitsOf = ({ events }: Lab) =>
  events.flatMap((event) =>
    event.kind === 'vm-exit' ? [`${event.from} to ${event.to} ${event.name}`] : [],
  );

describe('a triple fault while L2 runs', () => {
  test('is an exit to L1, which runs then; the instruction of L2 is not executed', () => {
    const lab = inL2({ paging: 'ept' }, EPT_AND_VPID);
    lab.run({ kind: 'make-request', request: 'TRIPLE_FAULT' });
    const exit = { kind: 'vm-exit', reason: 2, qualification: { page: 0, low: 0 } };
    expect(lab.run({ kind: 'mov-cr3', value: '0x300000' })).toEqual(exit);
    expect(lab.events.map(({ kind }) => kind)).toEqual([
      'request-serviced',
      'vm-exit',
      'root-reused',
      'request-made',
      'request-serviced',
      'vm-entered',
    ]);
    expect(exitsOf(lab)).toEqual(['L2 to L1 TRIPLE_FAULT']);
    expect(lab.vcpu).toMatchObject({ mode: 'guest', requests: 0, nested: { guestMode: false } });
    expect(lab.vcpu.regs.cr3).toEqual({ page: 0x100, low: 0 });
  });

  test('comes of a root of L2 outside every memslot, and leaves L1 alive', () => {
    const memory = { memslots: [{ gpa: '0x0', bytes: 2 ** 22 }] };
    const lab = beginVmx({ memory }, VPID);
    lab.run({ kind: 'vmwrite', field: 'GUEST_CR3', value: '0x800000' });
    lab.run({ kind: 'vmlaunch' });
    expect(lab.run({ kind: 'enter' })).toMatchObject({ kind: 'vm-exit', reason: 2 });
    expect(lab.run({ kind: 'mov-from-cr3' })).toMatchObject({ kind: 'ok', value: { page: 0x100 } });
  });

  test('shuts the vCPU down if L1 cannot run either', () => {
    const memory = { memslots: [{ gpa: '0x0', bytes: 2 ** 22 }] };
    const lab = inL2({ memory }, VPID);
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'vmwrite', field: 'HOST_CR3', value: '0x800000' });
    lab.run({ kind: 'vmresume' });
    lab.run({ kind: 'make-request', request: 'TRIPLE_FAULT' });
    expect(lab.run({ kind: 'enter' })).toEqual({ kind: 'shutdown' });
  });
});

describe('a flush that a root of L2 owes, under the shared MMU', () => {
  /** L2 with PCIDE invalidates the PCID of its cached root 0x200001, which owes from then on. */
  function owing(kernel: '6.1' | '6.12', secondary: string): Lab {
    const lab = beginVmx({ kernel, policy: 'cached-roots' }, secondary);
    lab.run({ kind: 'vmwrite', field: 'GUEST_CR3', value: '0x200001' });
    lab.run({ kind: 'vmwrite', field: 'GUEST_CR4', value: '0x220a0' });
    lab.run({ kind: 'vmlaunch' });
    // The load of the second root flushes, so the first one has to run once more to owe a flush.
    for (const cr3 of ['300002', '200001', '300002']) {
      lab.run({ kind: 'mov-cr3', value: `0x8000000000${cr3}` });
      lab.run({ kind: 'enter' });
    }
    lab.run({ kind: 'invpcid', type: 1, pcid: 1, gva: '0x0' });
    expect(rootAt(lab.vcpu.rootMmu, 0)).toMatchObject({ flushDue: true, syncDue: true });
    return lab;
  }

  test.each([
    ['6.1', INVPCID],
    ['6.12', INVPCID],
    ['6.12', '0x1020'],
  ] as const)(
    'is settled by a flush of the VPID that it ran under, kernel %s, controls %s',
    (kernel, secondary) => {
      const lab = owing(kernel, secondary);
      lab.run({ kind: 'make-request', request: 'TLB_FLUSH_CURRENT' });
      lab.run({ kind: 'enter' });
      expect(rootAt(lab.vcpu.rootMmu, 0)).toMatchObject({ flushDue: false, syncDue: true });
    },
  );

  test('is not settled by a flush of the VPID of L1', () => {
    const lab = owing('6.12', '0x1020');
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH_CURRENT' });
    lab.run({ kind: 'enter' });
    const owes = prevRootsOf(lab.vcpu.rootMmu).find((root) => root?.pgd.low === 1);
    expect(owes).toMatchObject({ flushDue: true, syncDue: true });
  });
});

describe('WRMSR to EFER in L2', () => {
  test('exits to L1, which has no MSR bitmap to let it pass', () => {
    const lab = inL2({ paging: 'ept' }, EPT_AND_VPID);
    expect(lab.run({ kind: 'wrmsr-efer', value: '0xd00' })).toMatchObject({
      kind: 'vm-exit',
      reason: 32,
    });
    expect(exitsOf(lab)).toEqual(['L2 to host MSR_WRITE', 'L2 to L1 MSR_WRITE']);
  });

  test('does not with the control "use MSR bitmaps", whose bitmap is all zeros', () => {
    const lab = beginVmx({ paging: 'ept' }, EPT_AND_VPID);
    lab.run({ kind: 'vmwrite', field: 'CPU_BASED_VM_EXEC_CONTROL', value: '0x90000000' });
    lab.run({ kind: 'vmlaunch' });
    expect(lab.run({ kind: 'wrmsr-efer', value: '0xd00' })).toEqual({ kind: 'ok' });
    expect(lab.vcpu.regs.efer).toBe(0xd00);
  });

  test('is #GP above CPL 0, which comes before the exit', () => {
    const lab = inL2({ paging: 'ept' }, EPT_AND_VPID);
    lab.run({ kind: 'set-sregs', cpl: 3 });
    expect(lab.run({ kind: 'wrmsr-efer', value: '0xd00' })).toMatchObject({ vector: '#GP' });
  });
});

test('VMXON in L2 is #GP above CPL 0, otherwise an exit to L1', () => {
  const lab = inL2({ paging: 'ept' }, EPT_AND_VPID);
  lab.run({ kind: 'set-sregs', cpl: 3 });
  expect(lab.run({ kind: 'vmxon', address: '0x1000' })).toMatchObject({ vector: '#GP' });
  lab.run({ kind: 'set-sregs', cpl: 0 });
  expect(lab.run({ kind: 'vmxon', address: '0x1000' })).toMatchObject({ reason: 27 });
});

describe('the CR3 of a nested transition in v5.13', () => {
  test.each([
    ['shadow', '0x0', true],
    ['shadow', VPID, false],
    ['ept', '0x0', false],
  ] as const)('%s, controls %s: a hit syncs, %s', (paging, secondary, syncs) => {
    const lab = beginVmx({ kernel: '5.13', paging }, secondary);
    lab.run({ kind: 'vmlaunch' });
    lab.run({ kind: 'vmexit' });
    const kinds = kindsOf(lab.events);
    expect(kinds).toContain('root-reused');
    expect(kinds.includes('request-made MMU_SYNC')).toBe(syncs);
    expect(kinds).not.toContain('request-made TLB_FLUSH_CURRENT');
  });
});

describe('a VM exit whose host PDPTEs are bad', () => {
  test('is a VMX abort, which shuts the vCPU down', () => {
    const lab = createLab({
      registers: { cr4: '0x2020', efer: '0x0', cr3: '0x100000' },
      memory: { words: [{ gpa: '0x500000', value: '0x3' }] },
    });
    lab.run({ kind: 'vmxon', address: '0x1000' });
    lab.run({ kind: 'vmptrld', address: '0x2000' });
    lab.run({ kind: 'vmwrite', field: 'HOST_CR3', value: '0x500000' });
    expect(lab.run({ kind: 'vmlaunch' })).toEqual({ kind: 'ok' });
    expect(lab.run({ kind: 'vmexit' })).toEqual({ kind: 'shutdown' });
    expect(kindsOf(lab.events).slice(-5)).toEqual([
      'root-allocated',
      'request-made TLB_FLUSH_GUEST',
      'request-made TRIPLE_FAULT',
      'request-serviced TLB_FLUSH_GUEST',
      'request-serviced TRIPLE_FAULT',
    ]);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('100000 - - -');
  });
});
