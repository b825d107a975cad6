import { EPTP_VALID } from './guest-memory.js';
import type { MachineSpec } from './machine-spec.js';
import { withBits } from './register-bits.js';

/**
 * VM-execution, exit and entry controls by what cases call them, with the field and the bit of each.
 *
 * The judge has its own copy of these numbers: one shared with the model could be wrong unseen.
 *
 * @see Intel SDM Vol. 3C, "VM-Execution Control Fields", "VM-Exit Controls", "VM-Entry Controls"
 */
export const CONTROLS = {
  invlpg_exiting: ['CPU_BASED_VM_EXEC_CONTROL', 1n << 9n],
  cr3_load_exiting: ['CPU_BASED_VM_EXEC_CONTROL', 1n << 15n],
  cr3_store_exiting: ['CPU_BASED_VM_EXEC_CONTROL', 1n << 16n],
  activate_secondary: ['CPU_BASED_VM_EXEC_CONTROL', 1n << 31n],
  ept: ['SECONDARY_VM_EXEC_CONTROL', 1n << 1n],
  vpid_ctl: ['SECONDARY_VM_EXEC_CONTROL', 1n << 5n],
  unrestricted_guest: ['SECONDARY_VM_EXEC_CONTROL', 1n << 7n],
  enable_invpcid_ctl: ['SECONDARY_VM_EXEC_CONTROL', 1n << 12n],
  vmfunc_ctl: ['SECONDARY_VM_EXEC_CONTROL', 1n << 13n],
  pml: ['SECONDARY_VM_EXEC_CONTROL', 1n << 17n],
  mbec: ['SECONDARY_VM_EXEC_CONTROL', 1n << 22n],
  host_64: ['VM_EXIT_CONTROLS', 1n << 9n],
  load_host_efer: ['VM_EXIT_CONTROLS', 1n << 21n],
  guest_64: ['VM_ENTRY_CONTROLS', 1n << 9n],
  load_guest_efer: ['VM_ENTRY_CONTROLS', 1n << 15n],
} as const satisfies Record<string, readonly [string, bigint]>;

export type ControlName = keyof typeof CONTROLS;

/**
 * Values of VMCS components before a case changes single bits of them: of the controls, those bits
 * that the capability MSRs want set.
 */
const VMCS_DEFAULT: Readonly<Record<string, bigint>> = {
  PIN_BASED_VM_EXEC_CONTROL: 0x16n,
  CPU_BASED_VM_EXEC_CONTROL: 0x4006172n,
  VM_EXIT_CONTROLS: 0x36ffbn,
  VM_ENTRY_CONTROLS: 0x13fbn,
  HOST_CR0: 0x80010033n,
  HOST_CR4: 0x20a0n,
  HOST_IA32_EFER: 0x500n,
  GUEST_CR0: 0x80010033n,
  GUEST_CR3: 0x100000n,
  GUEST_CR4: 0x20a0n,
  GUEST_IA32_EFER: 0x500n,
};

export function vmcsField(spec: MachineSpec, field: string): bigint {
  return spec.vmcs.get(field) ?? VMCS_DEFAULT[field] ?? 0n;
}

/** Sets or clears bits of a VMCS component. */
export function setVmcsBits(spec: MachineSpec, field: string, mask: bigint, on: boolean): void {
  spec.vmcs.set(field, withBits(vmcsField(spec, field), mask, on));
}

/** A secondary control only counts while the secondary controls are active. */
export function setControl(spec: MachineSpec, name: ControlName, on: boolean): void {
  const [word, mask] = CONTROLS[name];
  setVmcsBits(spec, word, mask, on);
  if (word === 'SECONDARY_VM_EXEC_CONTROL') {
    setVmcsBits(spec, ...CONTROLS.activate_secondary, true);
  }
  if (name === 'ept' && on && !spec.vmcs.has('EPT_POINTER')) {
    spec.vmcs.set('EPT_POINTER', EPTP_VALID);
  }
}

export function hasControl(spec: MachineSpec, name: ControlName): boolean {
  const [word, mask] = CONTROLS[name];
  return (vmcsField(spec, word) & mask) !== 0n;
}
