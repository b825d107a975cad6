/**
 * What a case calls a VM-execution, exit or entry control, with the control's field and bit.
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

/** Bits of IA32_VMX_EPT_VPID_CAP by what a case calls them after `cap_`. */
export const CAPABILITY_BITS: Readonly<Record<string, number>> = {
  xo: 0,
  exec_only: 0,
  pwl4: 6,
  pwl5: 7,
  uc: 8,
  wb: 14,
  '2m': 16,
  '1g': 17,
  invept: 20,
  ad: 21,
  invept_single: 25,
  invept_all: 26,
  invvpid: 32,
  invvpid_addr: 40,
  invvpid_single: 41,
  invvpid_all: 42,
  invvpid_single_globals: 43,
};

/** Encoding of the first CR3-target value; the next ones follow at a distance of 2. */
const CR3_TARGET_VALUE0 = 0x6008;

/** A VMCS component as a case calls it: `CR3_TARGET_4`, the manual's name, or its encoding. */
export function vmcsFieldOf(name: string): string {
  const target = /^CR3_TARGET_(?:VALUE_?)?(\d+)$/i.exec(name);
  if (target === null) return name;
  return `0x${(CR3_TARGET_VALUE0 + 2 * Number(target[1])).toString(16)}`;
}

const GPRS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];

/** @returns Number of the general register that an instruction's text names, or null without one. */
export function gprOf(instruction: string): number | null {
  const name = /\b(r(?:[abcd]x|[sb]p|[sd]i|[89]|1[0-5]))\b/.exec(instruction)?.[1];
  if (name === undefined) return null;
  const legacy = GPRS.indexOf(name);
  return legacy === -1 ? Number(name.slice(1)) : legacy;
}
