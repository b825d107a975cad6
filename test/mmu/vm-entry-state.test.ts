import { describe, expect, test } from 'vitest';
import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import { createLab, type Lab, type LabCommand, slotsOf } from './lab.js';

type Fields = Readonly<Record<string, string>>;

const FAILS = 'exit 80000021 0';
const NMI = '0x80000202';
const PAGE_FAULT = '0x80000b0e';
const CET = { cpuid: { cet: true }, kernel: '7.3' } as const;

function hypervisor(config: VmConfigInput = {}): Lab {
  const lab = createLab({ paging: 'ept', registers: { cr4: '0x20a0', cr3: '0x1000' }, ...config });
  lab.run({ kind: 'vmxon', address: '0x700000' });
  lab.run({ kind: 'vmptrld', address: '0x701000' });
  return lab;
}

function enterWith(lab: Lab, fields: Fields, kind: 'vmlaunch' | 'vmresume' = 'vmlaunch'): string {
  for (const [field, value] of Object.entries(fields)) {
    expect(lab.run({ kind: 'vmwrite', field, value } as LabCommand)).toEqual({ kind: 'ok' });
  }
  const outcome = lab.run({ kind });
  if (outcome.kind === 'vm-fail') return `vm-fail ${outcome.error}`;
  if (outcome.kind !== 'vm-exit') return outcome.kind;
  return `exit ${outcome.reason.toString(16)} ${outcome.qualification.low}`;
}

describe('an event is injected only where it would not be blocked', () => {
  const HALTED = { GUEST_ACTIVITY_STATE: '0x1' };
  test.each<[string, Fields, string]>([
    [
      'HLT takes an interrupt',
      { VM_ENTRY_INTR_INFO_FIELD: '0x80000020', GUEST_RFLAGS: '0x202' },
      'ok',
    ],
    ['HLT takes an NMI', { VM_ENTRY_INTR_INFO_FIELD: NMI }, 'ok'],
    ['HLT takes #DB', { VM_ENTRY_INTR_INFO_FIELD: '0x80000301' }, 'ok'],
    ['HLT takes #MC', { VM_ENTRY_INTR_INFO_FIELD: '0x80000312' }, 'ok'],
    ['HLT takes a pending MTF', { VM_ENTRY_INTR_INFO_FIELD: '0x80000700' }, 'ok'],
    ['HLT takes no #PF', { VM_ENTRY_INTR_INFO_FIELD: PAGE_FAULT }, FAILS],
    [
      'HLT takes no INT n',
      { VM_ENTRY_INTR_INFO_FIELD: '0x80000480', VM_ENTRY_INSTRUCTION_LEN: '0x2' },
      FAILS,
    ],
    [
      'who waits for a SIPI takes none',
      { GUEST_ACTIVITY_STATE: '0x3', VM_ENTRY_INTR_INFO_FIELD: NMI },
      FAILS,
    ],
    ['who waits for a SIPI may wait', { GUEST_ACTIVITY_STATE: '0x3' }, 'ok'],
  ])('%s', (_what, fields, answer) => {
    expect(enterWith(hypervisor(), { ...HALTED, ...fields })).toBe(answer);
  });

  test('an NMI while NMIs are blocked, under virtual NMIs alone', () => {
    const fields = { GUEST_INTERRUPTIBILITY_INFO: '0x8', VM_ENTRY_INTR_INFO_FIELD: NMI };
    expect(enterWith(hypervisor(), fields)).toBe('ok');
    const virtual = { ...fields, PIN_BASED_VM_EXEC_CONTROL: '0x3e' };
    expect(enterWith(hypervisor(), virtual)).toBe(FAILS);
  });

  test('bits 31:16 of its error code are reserved', () => {
    const withCode = (code: string) => ({
      VM_ENTRY_INTR_INFO_FIELD: PAGE_FAULT,
      VM_ENTRY_EXCEPTION_ERROR_CODE: code,
    });
    expect(enterWith(hypervisor(), withCode('0xffff'))).toBe('ok');
    expect(enterWith(hypervisor(), withCode('0x10000'))).toBe('vm-fail 7');
  });
});

describe('interruptibility and pending debug exceptions', () => {
  const STI = { GUEST_INTERRUPTIBILITY_INFO: '0x1', GUEST_RFLAGS: '0x202' };
  const STI_AND_TF = { ...STI, GUEST_RFLAGS: '0x302' };
  test.each<[string, Fields, string]>([
    ['an enclave, which the processor has not', { GUEST_INTERRUPTIBILITY_INFO: '0x10' }, FAILS],
    ['a breakpoint that was met', { GUEST_PENDING_DBG_EXCEPTIONS: '0x1001' }, 'ok'],
    ['bit 4', { GUEST_PENDING_DBG_EXCEPTIONS: '0x10' }, FAILS],
    ['bit 13', { GUEST_PENDING_DBG_EXCEPTIONS: '0x2000' }, FAILS],
    ['bit 15', { GUEST_PENDING_DBG_EXCEPTIONS: '0x8000' }, FAILS],
    ['RTM, which the processor has not', { GUEST_PENDING_DBG_EXCEPTIONS: '0x10000' }, FAILS],
    ['bit 63', { GUEST_PENDING_DBG_EXCEPTIONS: '0x8000000000000000' }, FAILS],
    ['TF after STI, no step pending', STI_AND_TF, FAILS],
    [
      'TF after STI, a step pending',
      { ...STI_AND_TF, GUEST_PENDING_DBG_EXCEPTIONS: '0x4000' },
      'ok',
    ],
    ['a step pending without TF', { ...STI, GUEST_PENDING_DBG_EXCEPTIONS: '0x4000' }, FAILS],
    [
      'a step pending where BTF is set',
      { ...STI_AND_TF, GUEST_IA32_DEBUGCTL: '0x2', GUEST_PENDING_DBG_EXCEPTIONS: '0x4000' },
      FAILS,
    ],
    ['TF in HLT, no step pending', { GUEST_ACTIVITY_STATE: '0x1', GUEST_RFLAGS: '0x102' }, FAILS],
    ['TF alone', { GUEST_RFLAGS: '0x102' }, 'ok'],
  ])('%s', (_what, fields, answer) => {
    expect(enterWith(hypervisor(), fields)).toBe(answer);
  });
});

describe('linear addresses of a guest: bits 63:N alike, where bit N - 1 may differ', () => {
  test.each<[Fields, string]>([
    [{ GUEST_RIP: '0x800000000000' }, 'ok'],
    [{ GUEST_RIP: '0x1000000000000' }, FAILS],
    [{ GUEST_FS_BASE: '0x800000000000' }, FAILS],
    [{ VM_ENTRY_CONTROLS: '0x1013fb', GUEST_SSP: '0x800000000000' }, 'ok'],
    [{ VM_ENTRY_CONTROLS: '0x1013fb', GUEST_SSP: '0x1000000000000' }, FAILS],
    [{ VM_ENTRY_CONTROLS: '0x1013fb', GUEST_SSP: '0x2' }, FAILS],
    [{ VM_ENTRY_CONTROLS: '0x1013fb', GUEST_S_CET: '0x1000000000000' }, 'ok'],
    [{ VM_ENTRY_CONTROLS: '0x1013fb', GUEST_S_CET: '0x1000' }, FAILS],
    [{ VM_ENTRY_CONTROLS: '0x1013fb', GUEST_INTR_SSP_TABLE: '0x800000000000' }, FAILS],
    [{ VM_EXIT_CONTROLS: '0x10036ffb', HOST_SSP: '0x800000000000' }, 'vm-fail 8'],
    [{ VM_EXIT_CONTROLS: '0x10036ffb', HOST_S_CET: '0x800000000000' }, 'vm-fail 8'],
  ])('%j: %s', (fields, answer) => {
    expect(enterWith(hypervisor(CET), fields)).toBe(answer);
  });
});

describe('the link pointer stands among the checks as KVM has it', () => {
  const LINK = { VMCS_LINK_POINTER: '0x1' };
  test.each<[string, Fields, string]>([
    ['after CR4', { GUEST_CR4: '0x0' }, FAILS],
    ['after DR7', { VM_ENTRY_CONTROLS: '0x13ff', GUEST_DR7: '0x100000000' }, FAILS],
    ['after PAT', { VM_ENTRY_CONTROLS: '0x53fb', GUEST_IA32_PAT: '0x3' }, FAILS],
    ['before EFER', { VM_ENTRY_CONTROLS: '0x93fb', GUEST_IA32_EFER: '0x0' }, 'exit 80000021 4'],
    ['before the activity state', { GUEST_ACTIVITY_STATE: '0x2' }, 'exit 80000021 4'],
    ['before RFLAGS', { GUEST_RFLAGS: '0x0' }, 'exit 80000021 4'],
  ])('%s', (_what, fields, answer) => {
    expect(enterWith(hypervisor(), { ...LINK, ...fields })).toBe(answer);
  });
});

describe('an entry that KVM lets through and the processor refuses', () => {
  /** Two EPTs over the same tables, of which the first has been used. */
  function afterL2(): Lab {
    const lab = hypervisor();
    for (const gpa of ['0x800000', '0x802000']) {
      lab.run({ kind: 'host-write', gpa, value: '0x801007' });
    }
    lab.run({ kind: 'host-write', gpa: '0x801000', value: '0xb7' });
    lab.run({ kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x22' });
    lab.run({ kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' });
    expect(enterWith(lab, { EPT_POINTER: '0x80001e' })).toBe('ok');
    lab.run({ kind: 'enter' });
    lab.run({ kind: 'vmexit' });
    return lab;
  }

  test('has serviced what L2 is owed, and loaded its root, when it comes back', () => {
    const lab = afterL2();
    const other = { EPT_POINTER: '0x80201e', VIRTUAL_PROCESSOR_ID: '0x2' };
    expect(enterWith(lab, { ...other, GUEST_RFLAGS: '0x0' }, 'vmresume')).toBe(FAILS);
    const story = lab.events.flatMap((event) => {
      if (event.kind === 'vm-exit') return [`${event.from} to ${event.to}`];
      if (event.kind === 'vm-entered') return [`enters ${event.guest}`];
      if (event.kind === 'request-serviced') return [event.request];
      return event.kind === 'root-allocated' ? ['loads'] : [];
    });
    expect(story).toEqual([
      'enters L1',
      'L1 to host',
      'TLB_FLUSH_GUEST',
      'loads',
      'enters L2',
      'L2 to host',
      'L2 to L1',
    ]);
    expect(slotsOf(lab.vcpu.guestMmu)).toBe('80201e 80001e - -');
  });

  test('has switched nothing where KVM refuses it itself', () => {
    const lab = afterL2();
    const bad = { EPT_POINTER: '0x80201e', GUEST_CR4: '0x0' };
    expect(enterWith(lab, bad, 'vmresume')).toBe(FAILS);
    expect(slotsOf(lab.vcpu.guestMmu)).toBe('80001e - - -');
  });

  test('is no launch', () => {
    const lab = hypervisor();
    expect(enterWith(lab, { GUEST_RFLAGS: '0x0' })).toBe(FAILS);
    expect(enterWith(lab, { GUEST_RFLAGS: '0x2' }, 'vmresume')).toBe('vm-fail 5');
    expect(enterWith(lab, {})).toBe('ok');
  });
});
