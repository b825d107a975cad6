import { hitsOf, type RaceCounters, sumOf } from '../counters.js';

/** The parts of a cost: the bands of a chart. */
export const COST_PARTS = ['switch', 'load', 'sync', 'flush', 'fault', 'lock', 'exit'] as const;
export type CostPart = (typeof COST_PARTS)[number];

/** The unit of every price and every cost. */
export const COST_UNIT = 'cycles of the machine that the price list names';

/** A thing that has a price. */
export interface Priced {
  readonly part: CostPart;
  /** The count that the price is multiplied by. */
  readonly counts: string;
  /** Share of the price that passes with `mmu_lock` held, from 0 to 1. */
  readonly held: number;
  /** Whether it may happen without KVM. */
  readonly isOfGuest?: boolean;
  /** Whether the count is a sum over causes. */
  readonly isByCause?: boolean;
  readonly countOf: (counters: RaceCounters) => number;
}

/**
 * Everything that a race charges for. The prices are in the price lists; no two prices cover the
 * same work: a CR3 exit that finds its root is `exit`, `cr3Exit` and `hit`.
 */
export const PRICED = {
  hit: {
    part: 'switch',
    counts: 'Switches that found their root.',
    held: 0,
    countOf: hitsOf,
  },
  miss: {
    part: 'switch',
    counts: 'Switches that found none; the load that follows is counted as one.',
    held: 0,
    countOf: ({ misses }) => misses,
  },
  drop: {
    part: 'switch',
    counts: 'Roots that were freed or evicted.',
    held: 1,
    isByCause: true,
    countOf: ({ freed, evicted }) => sumOf(freed) + evicted,
  },
  mark: {
    part: 'switch',
    counts: 'Roots that were marked.',
    held: 0,
    isByCause: true,
    countOf: ({ marked }) => sumOf(marked),
  },
  loadExisting: {
    part: 'load',
    counts: 'Loads that found their shadow page; their sync and flush are counted apart.',
    held: 1,
    countOf: ({ loads }) => loads.existing,
  },
  loadNew: {
    part: 'load',
    counts: 'Loads that made a shadow page; the faults that fill it are counted apart.',
    held: 1,
    countOf: ({ loads }) => loads.new,
  },
  loadSpecial: {
    part: 'load',
    counts: 'Loads of a PAE or dummy root.',
    held: 1,
    countOf: ({ loads }) => loads.special,
  },
  syncNoOp: {
    part: 'sync',
    counts: 'Syncs that found nothing unsync, and took no lock.',
    held: 0,
    countOf: ({ syncs }) => syncs.noOp + syncs.nothing,
  },
  syncWalk: {
    part: 'sync',
    // Whoever syncs pays it: a load after a free as much as a request after a mark.
    counts: 'Syncs that found something, those of loads among them; leaves are counted apart.',
    held: 1,
    countOf: ({ syncs }) => syncs.walks,
  },
  syncLeaf: {
    part: 'sync',
    counts: 'Leaf tables that were synced, those of loads among them.',
    held: 1,
    countOf: ({ syncs }) => syncs.leaves,
  },
  flushOne: {
    part: 'flush',
    counts: 'Flushes of one context, that of a load among them; refills are walks.',
    held: 0,
    countOf: ({ flushes }) => flushes.current + flushes.load + flushes.guest + flushes.context,
  },
  flushAll: {
    part: 'flush',
    counts: 'Flushes of all contexts.',
    held: 0,
    countOf: ({ flushes }) => flushes.all,
  },
  flushAddress: {
    part: 'flush',
    counts: 'Flushes of one address.',
    held: 0,
    countOf: ({ flushes }) => flushes.address,
  },
  walk: {
    part: 'flush',
    counts: 'Accesses that the TLB could not answer.',
    held: 0,
    isOfGuest: true,
    countOf: ({ walks }) => walks,
  },
  pageFault: {
    part: 'fault',
    counts: 'Page faults that KVM handled, beyond the exit.',
    // The guest's tables are walked before the lock is taken, the entries are made after.
    held: 0.5,
    countOf: ({ pageFaults }) => pageFaults,
  },
  pageAllocated: {
    part: 'fault',
    counts: 'Shadow pages made.',
    held: 1,
    countOf: ({ pagesAllocated }) => pagesAllocated,
  },
  pageZapped: {
    part: 'fault',
    counts: 'Shadow pages zapped.',
    held: 1,
    countOf: ({ pagesZapped }) => pagesZapped,
  },
  mmuLock: {
    part: 'lock',
    counts: 'Acquisitions of `mmu_lock`, when nobody else wants it.',
    held: 1,
    countOf: ({ mmuLock }) => mmuLock,
  },
  exit: {
    part: 'exit',
    counts: 'VM exits to KVM, with the entries that follow.',
    held: 0,
    countOf: ({ exits }) => exits,
  },
  cr3Exit: {
    part: 'exit',
    counts: 'Exits for MOV to CR3, beyond the exit and the switch of root.',
    held: 0,
    countOf: ({ cr3Exits }) => cr3Exits.hit + cr3Exits.miss + cr3Exits.other,
  },
  nestedExit: {
    part: 'exit',
    counts: "Exits of L2 that L1 handles, with L1's VMRESUME, beyond the two exits they come with.",
    held: 0,
    countOf: ({ reflected }) => reflected,
  },
  guestCr3: {
    part: 'exit',
    counts: 'MOV to CR3 that the processor carried out without an exit.',
    held: 0,
    isOfGuest: true,
    countOf: ({ cr3Loads }) => cr3Loads,
  },
  kick: {
    part: 'exit',
    counts: 'vCPUs that another one made leave: the IPI, and the wait for its answer.',
    held: 1,
    countOf: ({ kicks }) => kicks,
  },
} as const satisfies Record<string, Priced>;

export type PriceName = keyof typeof PRICED;
export const PRICE_NAMES = Object.keys(PRICED) as [PriceName, ...PriceName[]];

/** Number of times that each priced thing happened. */
export type Amounts = Readonly<Record<PriceName, number>>;

export function amountsOf(counters: RaceCounters): Amounts {
  const amounts: Partial<Record<PriceName, number>> = {};
  for (const name of PRICE_NAMES) amounts[name] = PRICED[name].countOf(counters);
  return amounts as Amounts;
}
