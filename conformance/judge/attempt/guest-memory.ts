import type { MachineSpec } from './machine-spec.js';
import { bitMask } from './register-bits.js';

const PRESENT = 1n;
const PRESENT_WRITABLE = 3n;
const ADDRESS_MASK = 0xffffffffff000n;

/** Frames of the page tables that the spec builds, above everything else that it uses. */
const TABLES_GPA = 0x200000n;
const PAGE_GPA = 0x300000n;

/** A sound PDPTE, and its reserved bit 1. */
export const PDPTE_VALID = 0x200000n | PRESENT;
export const PDPTE_RESERVED = 2n;

/** A supervisor page's address that is canonical in 48 and in 57 bits. */
export const MAPPED_GVA = 0xffffffffffffd000n;

/** Maps the page at {@link MAPPED_GVA}, with a table of its own at each level below the root. */
export function mapPage(spec: MachineSpec): void {
  const isLa57 = (spec.regs.cr4 & bitMask('cr4', 'LA57')) !== 0n;
  const shifts = isLa57 ? [48n, 39n, 30n, 21n, 12n] : [39n, 30n, 21n, 12n];
  let table = spec.regs.cr3 & ADDRESS_MASK;

  for (const [depth, shift] of shifts.entries()) {
    const isLeaf = shift === 12n;
    const next = isLeaf ? PAGE_GPA : TABLES_GPA + BigInt(depth) * 0x1000n;
    spec.memory.set(table + ((MAPPED_GVA >> shift) & 0x1ffn) * 8n, next | PRESENT_WRITABLE);
    table = next;
  }
}

/** Address at which PAE paging finds the four PDPTEs. */
export function pdptGpaOf(cr3: bigint): bigint {
  return cr3 & 0xffffffe0n;
}

/** Address of the EPTP list. */
export const EPTP_LIST_GPA = 0x45000n;

/** A sound EPTP: write-back, 4 levels. */
export const EPTP_VALID = 0x20001en;
