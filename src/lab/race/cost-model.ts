import { hitsOf, type RaceCounters, sumOf } from './counters.js';

/** The parts of a cost: the bands of a chart. */
export const COST_PARTS = ['switch', 'load', 'sync', 'flush', 'fault', 'lock', 'exit'] as const;
export type CostPart = (typeof COST_PARTS)[number];

/** The unit of the model. */
export const COST_UNIT =
  'relative to a clean hit: a switch that finds its root and owes nothing, its exit apart';

/** A number of the model, which a race may replace. */
export interface CostParameter {
  readonly part: CostPart;
  readonly cost: number;
  /** The count that it is multiplied by. */
  readonly counts: string;
  /** The reason for its value: an ordering read from code, or a magnitude that was inferred. */
  readonly reason: string;
  readonly countOf: (counters: RaceCounters) => number;
}

/**
 * The assumed price of each thing. The orderings follow from the kernel's code; the magnitudes
 * are inferred and open to argument: a race takes others.
 */
export const COST_MODEL = {
  hit: {
    part: 'switch',
    cost: 1,
    counts: 'Switches that found their root.',
    reason: 'The unit: a search of the slots, a rotation and LOAD_MMU_PGD.',
    countOf: hitsOf,
  },
  miss: {
    part: 'switch',
    cost: 1,
    counts: 'Switches that found none.',
    reason: 'The same search and rotation; the load that follows is counted as one.',
    countOf: ({ misses }) => misses,
  },
  drop: {
    part: 'switch',
    cost: 1,
    counts: 'Roots that were freed or evicted.',
    reason: 'kvm_mmu_free_roots(): a count goes down; its lock is counted apart.',
    countOf: ({ freed, evicted }) => sumOf(freed) + evicted,
  },
  mark: {
    part: 'switch',
    cost: 0.1,
    counts: 'Roots that were marked.',
    reason: 'One store to a line that is hot.',
    countOf: ({ marked }) => sumOf(marked),
  },
  loadExisting: {
    part: 'load',
    cost: 10,
    counts: 'Loads that found their shadow page.',
    reason: 'Dearer than any hit: caches topped up, the hash searched; sync and flush are apart.',
    countOf: ({ loads }) => loads.existing,
  },
  loadNew: {
    part: 'load',
    cost: 14,
    counts: 'Loads that made a shadow page.',
    reason: 'An existing one, and the write-tracking of the guest table; the refaults are apart.',
    countOf: ({ loads }) => loads.new,
  },
  loadSpecial: {
    part: 'load',
    cost: 10,
    counts: 'Loads of a PAE or dummy root.',
    reason: 'Four small roots: taken as one existing load.',
    countOf: ({ loads }) => loads.special,
  },
  syncNoOp: {
    part: 'sync',
    cost: 0.5,
    counts: 'Syncs that found nothing unsync.',
    reason: 'kvm_mmu_sync_roots() reads two fields and returns before the lock.',
    countOf: ({ syncs }) => syncs.noOp + syncs.nothing,
  },
  syncEffective: {
    part: 'sync',
    cost: 4,
    counts: 'Requested syncs that found something.',
    reason: 'A walk of the bitmaps down to the leaves; each leaf is counted apart.',
    countOf: ({ syncs }) => syncs.effective,
  },
  syncLeaf: {
    part: 'sync',
    cost: 6,
    counts: 'Leaf tables that were synced, loads among them.',
    reason: 'The table is write-protected through its rmap, and up to 512 entries are read again.',
    countOf: ({ syncs }) => syncs.leaves,
  },
  flushOne: {
    part: 'flush',
    cost: 2,
    counts: 'Flushes of one context, that of a load among them.',
    reason: 'One INVVPID or INVEPT, which serialises; the refills are counted as walks.',
    countOf: ({ flushes }) => flushes.current + flushes.load + flushes.guest + flushes.context,
  },
  flushAll: {
    part: 'flush',
    cost: 3,
    counts: 'Flushes of all contexts.',
    reason: 'As one context, and L2 and every PCID refill as well.',
    countOf: ({ flushes }) => flushes.all,
  },
  flushAddress: {
    part: 'flush',
    cost: 1.5,
    counts: 'Flushes of one address.',
    reason: 'One INVVPID; little to refill.',
    countOf: ({ flushes }) => flushes.address,
  },
  walk: {
    part: 'flush',
    cost: 0.5,
    counts: 'Accesses that the TLB could not answer.',
    reason: 'A few cached loads each: what a flush costs in the end.',
    countOf: ({ walks }) => walks,
  },
  pageFault: {
    part: 'fault',
    cost: 8,
    counts: 'Page faults that KVM handled.',
    reason: "The guest's tables walked, an entry made; exit and lock are counted apart.",
    countOf: ({ pageFaults }) => pageFaults,
  },
  pageAllocated: {
    part: 'fault',
    cost: 4,
    counts: 'Shadow pages made.',
    reason: 'A page zeroed and hashed; to be refaulted entry by entry.',
    countOf: ({ pagesAllocated }) => pagesAllocated,
  },
  pageZapped: {
    part: 'fault',
    cost: 4,
    counts: 'Shadow pages zapped.',
    reason: '512 entries looked at and unlinked.',
    countOf: ({ pagesZapped }) => pagesZapped,
  },
  mmuLock: {
    part: 'lock',
    cost: 1,
    counts: 'Acquisitions of mmu_lock.',
    reason: 'Uncontended; with many vCPUs on shadow paging it is far more.',
    countOf: ({ mmuLock }) => mmuLock,
  },
  exit: {
    part: 'exit',
    cost: 8,
    counts: 'VM exits to KVM, with the entries that follow.',
    reason: "A round trip is several times as long as the handler's own work.",
    countOf: ({ exits }) => exits,
  },
  kick: {
    part: 'exit',
    cost: 6,
    counts: 'vCPUs that another one made leave.',
    reason: 'An IPI sent and waited for, beside the exit.',
    countOf: ({ kicks }) => kicks,
  },
} as const satisfies Record<string, CostParameter>;

export type CostName = keyof typeof COST_MODEL;
export const COST_NAMES = Object.keys(COST_MODEL) as [CostName, ...CostName[]];

/** The parameters of one race. */
export type Costs = Readonly<Record<CostName, number>>;

/** Costs that differ from the model's. */
export type CostChanges = Readonly<Partial<Record<CostName, number | undefined>>>;

/** Most that a parameter may be. */
export const COST_MAX = 1_000_000;

export function costsWith(changes: CostChanges): Costs {
  return Object.fromEntries(
    COST_NAMES.map((name) => [name, changes[name] ?? COST_MODEL[name].cost]),
  ) as Costs;
}

/** A cost, and what it is made of. */
export interface Cost {
  total: number;
  readonly parts: Record<CostPart, number>;
}

export function costOf(counters: RaceCounters, costs: Costs): Cost {
  const cost: Cost = {
    total: 0,
    parts: { switch: 0, load: 0, sync: 0, flush: 0, fault: 0, lock: 0, exit: 0 },
  };
  for (const name of COST_NAMES) {
    const { part, countOf }: CostParameter = COST_MODEL[name];
    const spent = countOf(counters) * costs[name];
    cost.parts[part] += spent;
    cost.total += spent;
  }
  return cost;
}
