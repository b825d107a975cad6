import { describe, expect, test } from 'vitest';
import type { KernelName } from '../../src/mmu/index.js';
import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import { createLab, type Lab, type LabCommand } from './lab.js';

const KERNELS: readonly KernelName[] = ['5.14', '6.1', '7.3'];

/** Memory of L2 is that of L1: an EPT that maps 1 GiB to itself. */
function hypervisor(config: VmConfigInput, fields: Readonly<Record<string, string>>): Lab {
  const lab = createLab({ paging: 'ept', registers: { cr4: '0x20a0', cr3: '0x1000' }, ...config });
  store(lab, { '0x800000': '0x801007', '0x801000': '0xb7' });
  lab.run({ kind: 'vmxon', address: '0x700000' });
  lab.run({ kind: 'vmptrld', address: '0x701000' });
  for (const [field, value] of Object.entries({ EPT_POINTER: '0x80001e', ...fields })) {
    expect(lab.run({ kind: 'vmwrite', field, value } as LabCommand)).toEqual({ kind: 'ok' });
  }
  return lab;
}

function store(lab: Lab, words: Readonly<Record<string, string>>): void {
  for (const [gpa, value] of Object.entries(words)) lab.run({ kind: 'host-write', gpa, value });
}

function readIn(lab: Lab, command: LabCommand): number {
  const outcome = lab.run(command);
  expect(outcome).toMatchObject({ kind: 'ok', value: { page: 0 } });
  return outcome.kind === 'ok' ? (outcome.value?.low ?? -1) : -1;
}

/** L2 starts without long mode, and without PCIDE. */
const THIRTY_TWO = {
  VM_ENTRY_CONTROLS: '0x11fb',
  GUEST_CS_AR_BYTES: '0xc09b',
  GUEST_CR4: '0x2020',
};
const READ: LabCommand = { kind: 'read', gva: '0x400000' };

describe.each(KERNELS)('what a VM exit saves of L2, kernel %s', (kernel) => {
  test('the PDPTEs that an L2 on EPT has loaded itself, with which it goes on', () => {
    const lab = hypervisor(
      { kernel },
      {
        ...THIRTY_TWO,
        SECONDARY_VM_EXEC_CONTROL: '0x2',
        GUEST_CR3: '0x10000',
        GUEST_PDPTR0: '0x11001',
      },
    );
    store(lab, {
      '0x10000': '0x11001',
      '0x11010': '0x13067',
      '0x13000': '0x15067',
      '0x15000': '0xa',
    });
    store(lab, {
      '0x10020': '0x12001',
      '0x12010': '0x14067',
      '0x14000': '0x16067',
      '0x16000': '0xb',
    });
    lab.run({ kind: 'vmlaunch' });
    expect(readIn(lab, READ)).toBe(0xa);
    expect(lab.run({ kind: 'mov-cr3', value: '0x10020' })).toEqual({ kind: 'ok' });
    lab.run({ kind: 'vmexit' });
    expect(lab.run({ kind: 'vmread', field: 'GUEST_PDPTR0' })).toEqual({
      kind: 'ok',
      value: { page: 0x12, low: 1 },
    });
    expect(lab.run({ kind: 'vmresume' })).toEqual({ kind: 'ok' });
    expect(readIn(lab, READ)).toBe(0xb);
  });

  test('the mode that L2 went into, in "IA-32e mode guest"', () => {
    const lab = hypervisor(
      { kernel },
      {
        ...THIRTY_TWO,
        VM_ENTRY_CONTROLS: '0x91fb',
        VM_EXIT_CONTROLS: '0x136ffb',
        // MSR bitmaps, whose bits are all clear, and "unrestricted guest".
        CPU_BASED_VM_EXEC_CONTROL: '0x94006172',
        SECONDARY_VM_EXEC_CONTROL: '0x82',
        GUEST_CR0: '0x31',
        GUEST_IA32_EFER: '0x0',
      },
    );
    store(lab, { '0x1000': '0x2067', '0x2000': '0x3067', '0x3010': '0x4067', '0x4000': '0x5067' });
    store(lab, { '0x5000': '0x55' });
    lab.run({ kind: 'vmlaunch' });
    expect(lab.run({ kind: 'wrmsr-efer', value: '0x100' })).toEqual({ kind: 'ok' });
    expect(lab.run({ kind: 'mov-cr0', value: '0x80000031' })).toEqual({ kind: 'ok' });
    expect(readIn(lab, READ)).toBe(0x55);
    lab.run({ kind: 'vmexit' });
    expect(lab.run({ kind: 'vmread', field: 'VM_ENTRY_CONTROLS' })).toEqual({
      kind: 'ok',
      value: { page: 0x9, low: 0x3fb },
    });
    expect(lab.run({ kind: 'vmresume' })).toEqual({ kind: 'ok' });
    expect(readIn(lab, READ)).toBe(0x55);
  });
});
