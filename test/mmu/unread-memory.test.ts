import { describe, expect, test } from 'vitest';
import type { KernelName } from '../../src/mmu/index.js';
import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import { createLab, type Lab, type LabCommand } from './lab.js';

/** Memory is 16 MiB at 0, and a memslot of 64 KiB at 1 GiB comes and goes. */
const HERE: VmConfigInput = { memory: { memslots: [{ gpa: '0x0', bytes: 2 ** 24 }] } };
const ADD: LabCommand = {
  kind: 'set-memslot',
  slot: 1,
  memslot: { gpa: '0x40000000', bytes: 65536 },
};
const DELETE: LabCommand = { kind: 'set-memslot', slot: 1, memslot: null };
const THERE = '0x40000000';

const PAE = { cr0: '0x80000033', cr4: '0x2020', efer: '0x0', cr3: '0x1000' } as const;
const LONG = { cr4: '0x20a0', cr3: '0x1000' } as const;
const GP = { kind: 'fault', vector: '#GP', errorCode: 0 };
const KERNELS = ['5.13', '5.14', '5.18.0', '6.1', '6.12', '7.3'] as const;

/** A machine on which a memslot was, with a PDPTE in its first word, and is no more. */
function afterDeletion(config: VmConfigInput): Lab {
  const lab = createLab({ kernel: '6.12', ...HERE, ...config });
  lab.run(ADD);
  lab.run({ kind: 'host-write', gpa: THERE, value: '0x2001' });
  lab.run(DELETE);
  return lab;
}

function begin(config: VmConfigInput, fields: Readonly<Record<string, string>> = {}): Lab {
  const lab = createLab({ kernel: '6.12', ...HERE, ...config });
  lab.run({ kind: 'vmxon', address: '0x700000' });
  lab.run({ kind: 'vmptrld', address: '0x701000' });
  for (const [field, value] of Object.entries(fields)) {
    expect(lab.run({ kind: 'vmwrite', field, value } as LabCommand)).toEqual({ kind: 'ok' });
  }
  return lab;
}

describe('PDPTEs in no memslot cannot be loaded, whatever was there', () => {
  const machines = KERNELS.flatMap((kernel) =>
    (['shadow', 'ept'] as const).map((paging): [KernelName, 'shadow' | 'ept'] => [kernel, paging]),
  );
  test.each(machines)('MOV CR3 is #GP and changes nothing, kernel %s, %s', (kernel, paging) => {
    const lab = afterDeletion({ kernel, paging, registers: PAE });
    const { regs } = lab.vcpu;
    expect(lab.run({ kind: 'mov-cr3', value: THERE })).toEqual(GP);
    expect([regs.cr3.page, regs.pdptrs[0]]).toEqual([1, { page: 0, low: 0 }]);
  });

  test('KVM_SET_SREGS loads CR3 without them, and keeps those that it had', () => {
    const lab = afterDeletion({ registers: PAE });
    lab.run({ kind: 'host-write', gpa: '0x1000', value: '0x5001' });
    expect(lab.run({ kind: 'mov-cr3', value: '0x1000' })).toEqual({ kind: 'ok' });
    expect(lab.run({ kind: 'set-sregs', cr3: THERE })).toEqual({ kind: 'ok' });
    expect(lab.vcpu.regs.pdptrs[0]).toEqual({ page: 5, low: 1 });
  });

  test('RSM shuts down', () => {
    const lab = createLab({ kernel: '6.12', ...HERE, registers: { ...PAE, cr4: '0x20' } });
    lab.run(ADD);
    expect(lab.run({ kind: 'mov-cr3', value: THERE })).toEqual({ kind: 'ok' });
    lab.run({ kind: 'smi' });
    lab.run(DELETE);
    expect(lab.run({ kind: 'rsm' })).toEqual({ kind: 'shutdown' });
  });

  test('VM entry fails with qualification 2, and a VM exit is a VMX abort', () => {
    const guest = begin({ registers: PAE }, { GUEST_CR3: THERE });
    expect(guest.run({ kind: 'vmlaunch' })).toMatchObject({
      kind: 'vm-exit',
      reason: 0x80000021,
      qualification: { page: 0, low: 2 },
    });
    const host = begin({ registers: PAE }, { HOST_CR3: THERE });
    expect(host.run({ kind: 'vmlaunch' })).toEqual({ kind: 'ok' });
    expect(host.run({ kind: 'vmexit' })).toEqual({ kind: 'shutdown' });
  });
});

describe('what VMX reads there', () => {
  test('a VMXON region has no revision: VMfailInvalid', () => {
    const lab = createLab({ ...HERE, registers: LONG });
    expect(lab.run({ kind: 'vmxon', address: THERE })).toEqual({ kind: 'vm-fail', error: null });
    lab.run(ADD);
    expect(lab.run({ kind: 'vmxon', address: THERE })).toEqual({ kind: 'ok' });
  });

  test('nor has a VMCS: VMPTRLD fails with 11, and leaves the current one; VMCLEAR clears it', () => {
    const lab = begin({ registers: LONG });
    expect(lab.run({ kind: 'vmptrld', address: THERE })).toEqual({ kind: 'vm-fail', error: 11 });
    expect(lab.vcpu.nested.currentVmcs?.gpa).toBe(0x701000);
    expect(lab.run({ kind: 'vmclear', address: THERE })).toEqual({ kind: 'ok' });
  });

  test.each([
    ['shows VTPR to nobody: VMfail 7', '0x84206172', { kind: 'vm-fail', error: 7 }],
    ['is not needed where L1 sees CR8', '0x84386172', { kind: 'ok' }],
  ])('a virtual-APIC page %s', (_what, controls, outcome) => {
    const fields = { CPU_BASED_VM_EXEC_CONTROL: controls, VIRTUAL_APIC_PAGE_ADDR: THERE };
    const lab = begin({ paging: 'ept', registers: LONG }, fields);
    expect(lab.run({ kind: 'vmlaunch' })).toEqual(outcome);
  });

  test('a list of EPTPs has no entry, though one was there', () => {
    const lab = begin(
      { paging: 'ept', registers: LONG },
      {
        SECONDARY_VM_EXEC_CONTROL: '0x2002',
        EPT_POINTER: '0x80001e',
        VM_FUNCTION_CONTROL: '0x1',
        EPTP_LIST_ADDRESS: THERE,
      },
    );
    lab.run(ADD);
    lab.run({ kind: 'host-write', gpa: THERE, value: '0x80101e' });
    expect(lab.run({ kind: 'vmlaunch' })).toEqual({ kind: 'ok' });
    expect(lab.run({ kind: 'vmfunc', index: 0 })).toEqual({ kind: 'ok' });
    lab.run(DELETE);
    expect(lab.run({ kind: 'vmfunc', index: 0 })).toMatchObject({ kind: 'vm-exit', reason: 59 });
  });
});
