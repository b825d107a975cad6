import { wordFromNumber } from '../../../mmu/index.js';
import type { Command } from '../../../mmu/schema/index.js';
import type { Word } from '../planned.js';
import { ZERO } from './instructions.js';

/** Components of the VMCS, by the manual's names. @see Intel SDM Vol. 3D, "Field Encoding in VMCS" */
export const VMCS = {
  VIRTUAL_PROCESSOR_ID: 0x0000,
  EPT_POINTER: 0x201a,
  CPU_BASED_VM_EXEC_CONTROL: 0x4002,
  EXCEPTION_BITMAP: 0x4004,
  SECONDARY_VM_EXEC_CONTROL: 0x401e,
  GUEST_CR3: 0x6802,
} as const;
export type VmcsField = keyof typeof VMCS;

export const SECONDARY_EXEC_ENABLE_EPT = 0x2;
export const SECONDARY_EXEC_ENABLE_VPID = 0x20;

/** Basic exit reasons. @see Intel SDM Vol. 3D, "VMX Basic Exit Reasons" */
export const EXIT_REASON_EXCEPTION_NMI = 0;
export const EXIT_REASON_VMPTRLD = 21;
export const EXIT_REASON_EPT_VIOLATION = 48;

/** Invalid guest state, with the bit that says that the entry itself failed. */
export const EXIT_REASON_FAILED_ENTRY = 2 ** 31 + 33;

/** Revision that KVM expects at the beginning of each region. @see Linux `VMCS12_REVISION` */
const VMCS12_REVISION = 0x11e57ed0;

export function vmxon(vcpu: number, frame: number): Command {
  return { kind: 'vmxon', vcpu, address: { page: frame, low: 0 }, revision: VMCS12_REVISION };
}

export function vmclear(vcpu: number, frame: number): Command {
  return { kind: 'vmclear', vcpu, address: { page: frame, low: 0 } };
}

export function vmptrld(vcpu: number, frame: number): Command {
  return { kind: 'vmptrld', vcpu, address: { page: frame, low: 0 }, revision: VMCS12_REVISION };
}

export function vmwrite(vcpu: number, field: VmcsField, value: Word): Command {
  return { kind: 'vmwrite', vcpu, field: VMCS[field], value };
}

/** @param type 1: what shares the EP4TA of `eptp`; 2: everything. */
export function invept(vcpu: number, type: number, eptp = ZERO): Command {
  return {
    kind: 'invept',
    vcpu,
    type: wordFromNumber(type),
    eptp,
    encoding: 'memory',
    operand: null,
  };
}

/** @param type 0: an address, 1: a VPID, 2: every VPID, 3: a VPID but for global pages. */
export function invvpid(vcpu: number, type: number, vpid: number, gva = ZERO): Command {
  return {
    ...{ kind: 'invvpid', vcpu, type: wordFromNumber(type), vpid: wordFromNumber(vpid), gva },
    ...{ encoding: 'memory', operand: null },
  };
}
