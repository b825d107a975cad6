import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import type { Lab } from './lab.js';
import { createGuest, DATA_GPA, type Mode, PT, seen } from './paged-guest.js';

/** CR4 with protection keys. */
export const PKE = 0x4000a0;
export const PKS = 0x10000a0;
export const PKE_AND_PKS = 0x14000a0;

/** A page of the user, and one of the supervisor: present, writable, used. */
export const USER = 0x67;
export const SUPERVISOR = 0x63;

/** A leaf with a protection key. */
export function leaf(flags: number, key: number, gpa = DATA_GPA): string {
  return `0x${((BigInt(key) << 59n) + BigInt(gpa + flags)).toString(16)}`;
}

/** A guest under EPT whose first page has a key. */
export function keyed(
  config: VmConfigInput = {},
  flags = USER,
  key = 1,
  mode: Mode = '4-level',
): Lab {
  const cpuid = { pks: true, ...config.cpuid };
  const lab = createGuest({ paging: 'ept', ...config, cpuid }, mode);
  const table = mode === '5-level' ? PT + 0x1000 : PT;
  lab.run({ kind: 'write', gva: seen(table), value: leaf(flags, key) });
  return lab;
}
