import { type MmuEventOf, PREV_ROOTS_MAX, RequestName } from '../../mmu/schema/index.js';

/** The sides that may run: KVM, and its guests. */
export const LEVELS = ['host', 'L1', 'L2'] as const;
export type Level = (typeof LEVELS)[number];

export const REQUESTS = RequestName.options;

/** Place of each request among all of them. */
export const REQUEST_PLACES = Object.fromEntries(
  REQUESTS.map((request, place) => [request, place]),
) as Readonly<Record<(typeof REQUESTS)[number], number>>;

/** The happenings that a timeline counts, per vCPU and bucket. */
export const MARKS = [
  'commands',
  'entries',
  'exits',
  'faults',
  'injections',
  'flush-all',
  'flush-current',
  'flush-guest',
  'flush-address',
  'flush-pcid',
  'flush-context',
  'violations',
] as const;
export type Mark = (typeof MARKS)[number];

type FlushScope = MmuEventOf<'tlb-flushed'>['scope'];

/** Slots of one MMU: the current root, then those before it. */
const SLOTS = 1 + PREV_ROOTS_MAX;

/**
 * Codes of one vCPU: who runs, each request, each slot of both MMUs, and the marks. All before the
 * marks are lanes: a lane has a value at every moment.
 */
export const LEVEL_CODE = 0;
export const REQUEST_CODE = 1;
export const ROOT_CODE = REQUEST_CODE + REQUESTS.length;
export const MARK_CODE = ROOT_CODE + 2 * SLOTS;
export const VIOLATION_CODE = codeOfMark('violations');

/** Codes of a vCPU at most; that of vCPU n are these and n times as many. */
export const CODES_PER_VCPU = 64;

/** @param slot -1 is the current one. */
export function rootCode(mmu: 'root' | 'guest', slot: number): number {
  return ROOT_CODE + (mmu === 'guest' ? SLOTS : 0) + 1 + slot;
}

/** The MMU and slot of a code that {@link rootCode} gave. */
export function slotOf(code: number): { mmu: 'root' | 'guest'; slot: number } {
  const place = code - ROOT_CODE;
  return { mmu: place < SLOTS ? 'root' : 'guest', slot: (place % SLOTS) - 1 };
}

export const COMMAND_CODE = codeOfMark('commands');
export const ENTRY_CODE = codeOfMark('entries');
export const EXIT_CODE = codeOfMark('exits');
export const FAULT_CODE = codeOfMark('faults');
export const INJECTION_CODE = codeOfMark('injections');
export const FLUSH_CODES: Readonly<Record<FlushScope, number>> = {
  all: codeOfMark('flush-all'),
  current: codeOfMark('flush-current'),
  guest: codeOfMark('flush-guest'),
  address: codeOfMark('flush-address'),
  pcid: codeOfMark('flush-pcid'),
  context: codeOfMark('flush-context'),
};

function codeOfMark(mark: Mark): number {
  return MARK_CODE + MARKS.indexOf(mark);
}
