import { hex } from '../machine/index.js';
import type { CommandInput } from '../schema/index.js';
import {
  cr0,
  cr3,
  cr4,
  enter,
  hostWrite,
  launch,
  leave,
  nf,
  on,
  read,
  resume,
  store,
  vmwrite,
  write,
} from './acts.js';
import type { Act } from './scene.js';
import {
  A,
  B,
  ENABLE_VPID,
  EPT_ALL,
  EPT_LEAF,
  FRAME_A,
  FRAME_B,
  OTHER,
  PD,
  PT,
  pte,
  SPARE,
  X,
} from './stages.js';

/** Settings and courses of events that several scenes share. */

export const PCIDE = cr4('0x200a0');
export const WP_OFF = cr0('0x80000033');
export const WP_ON = cr0('0x80010033');

export const ON_EPT = { config: { paging: 'ept' } } as const;
export const CACHED_ROOTS = { config: { policy: 'cached-roots' } } as const;
/** An L2 with a VPID, where the host has no EPT. */
export const SHADOWED_L2 = { config: { paging: 'shadow' }, controls: ENABLE_VPID } as const;

/** The page is another one from now on, in the tables of the first address space. */
export const MOVED = store(PT, pte(SPARE));
export const READ_MOVED = read(X, SPARE);

/** The page moves, and the guest flushes by loading CR3 again. */
export const reloaded = [read(X), MOVED, cr3(A), READ_MOVED];

/** The tables of another PCID are edited, then that PCID is flushed by an instruction. */
export function flushedFromAfar(flush: Act, pcid = 1): Act[] {
  return [PCIDE, cr3(A + pcid), read(X), nf(B + 2), MOVED, flush, nf(A + pcid), READ_MOVED];
}

/**
 * Two tables of one PCID, both cached: what the TLB has from the one may be used with the other
 * until a flush.
 */
export function twoTablesOfOnePcid(...flush: readonly Act[]): Act[] {
  return [PCIDE, cr3(A + 1), nf(B + 1), nf(A + 1), read(X, FRAME_A), ...flush, read(X, FRAME_B)];
}

/** vCPU 1 edits the tables of vCPU 0, again after vCPU 0 has flushed. */
export const editedByAnother = [
  ...[read(X), on(1, MOVED), cr3(A), READ_MOVED],
  ...[on(1, store(PT, pte(OTHER))), cr3(A), read(X, OTHER)],
];

/** An entry above level 1 is pointed to another table. */
export const upperMoved = [read(X), store(PD + 2 * 8, B + 0x3067), cr3(A), read(X, FRAME_B)];

export const mapped = (address: number, gpa: number, tables: number): CommandInput => ({
  ...{ kind: 'map', vcpu: 0, root: hex(A) },
  ...{ address: hex(address), gpa: hex(gpa), tables: hex(tables) },
});

/** Linear address at which the guest may see the table of the data a second time. */
export const ALIAS = 0x600000;
export const WITH_ALIAS = { also: [mapped(ALIAS, PT, 0x10a000)] };

/** A table is edited, synced, and edited again through its other mapping. */
export const editedByTwoWays = [
  ...[read(X), MOVED, write(ALIAS, pte(SPARE)), cr3(A), READ_MOVED],
  ...[store(PT, pte(OTHER)), cr3(A), read(X, OTHER), write(ALIAS, pte(SPARE)), cr3(A), READ_MOVED],
];

/** L1 has L2 run under an EPT. */
export const under = (eptp: number): Act => vmwrite('EPT_POINTER', eptp);

/** L1 moves the page in its EPT. */
export const EPT_MOVED = store(EPT_LEAF, pte(SPARE, EPT_ALL));

/** L1 edits its EPT and says so. */
export function editedEpt(flush: Act): Act[] {
  return [launch, read(X, FRAME_A), leave, EPT_MOVED, flush, resume, READ_MOVED];
}

/** L2's own tables are edited while L1 runs. */
export function editedBetween(...before: readonly Act[]): Act[] {
  return [launch, read(X, FRAME_A), leave, MOVED, ...before, resume, READ_MOVED];
}

/** L2 with two tables of one PCID: the TLB has the page from the first. */
export const l2WithTwoTables = [
  ...[vmwrite('GUEST_CR4', 0x220a0), vmwrite('GUEST_CR3', A + 1), launch],
  ...[nf(B + 1), nf(A + 1), read(X, FRAME_A)],
];

/** L2 with PCIDs has used the data under both of its tables, and has left. */
export const l2HasUsedBoth = [
  ...[vmwrite('GUEST_CR4', 0x220a0), vmwrite('GUEST_CR3', A + 1), launch],
  ...[read(X), nf(B + 2), read(X), leave, MOVED],
];

export const VMFUNC: Act = { command: { kind: 'vmfunc', vcpu: 0, index: 0 } };

/** L1 offers an EPT to VMFUNC, as the first of its list. */
export const vmfuncTo = (eptp: number): Act[] => [
  hostWrite(0x7000, eptp),
  vmwrite('VM_FUNCTION_CONTROL', 1),
  vmwrite('EPTP_LIST_ADDRESS', 0x7000),
];

/** Two vCPUs of a guest that knows Hyper-V, under EPT: TLBs are all that is to be flushed. */
export const ON_HYPER_V = {
  config: { paging: 'ept', kernel: '6.12', vcpus: 2, cpuid: { hyperv: true } },
} as const;

/** L1 has used the page, and runs L2 again; the page moves, and another vCPU asks for a flush. */
export function flushedOverL2(...flush: readonly Act[]): Act[] {
  return [launch, leave, read(X, FRAME_A), resume, ...flush, enter, leave, READ_MOVED];
}
