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
