import type { CommandInput } from '../../src/mmu/schema/index.js';

/**
 * Two address spaces share PCID 1, whose flush `need-sync-posted` leaves a cached root out of: the
 * last read goes where it may no more.
 */
export const BROKEN_POLICY = 'need-sync-posted';
const A = '0x1000';
const B = '0x9000';
const NO_FLUSH = '0x8000000000000000';
const DATA = '0x400000';

const space = (root: string, gpa: string, tables: string): CommandInput => {
  return { kind: 'map', vcpu: 0, root, address: DATA, gpa, tables };
};
const table = (root: string, gpa: string, tables: string): CommandInput => {
  return { kind: 'map', vcpu: 0, root, address: '0x600000', gpa, tables };
};
const load = (root: string, flags = NO_FLUSH): CommandInput => {
  const value = `0x${(BigInt(root) | 1n | BigInt(flags)).toString(16)}`;
  return { kind: 'mov-cr3', vcpu: 0, value };
};
const READ: CommandInput = { kind: 'read', vcpu: 0, gva: DATA };

/** All but the last read. The leaf of the first space lies at 0x4000, which it sees at 0x600000. */
export const LEADING_UP: readonly CommandInput[] = [
  space(A, '0x100000', '0x2000'),
  table(A, '0x4000', '0x5000'),
  space(B, '0x200000', '0xa000'),
  { kind: 'mov-cr4', vcpu: 0, value: '0x200a0' },
  load(A),
  READ,
  { kind: 'write', vcpu: 0, gva: '0x600000', value: '0x101067' },
  load(B),
  READ,
  load(B, '0x0'),
  load(A),
];
export const LAST_READ = READ;
