import { listOfRows } from '../price-list.js';
import { HASWELL, INTEL_2015, NOWHERE, SKYLAKE, SSDD, XEON_8269CY } from './machines.js';

/**
 * A laptop of 2023: the Core of the public port of PVM to Linux 7.3 (2026), inside a VM, so that its
 * exits are PVM's and not the processor's. Published times are turned into cycles at 5.4 GHz, the
 * highest that the processor has; its reports do not say at what frequency they ran.
 */
export const core13900hk = listOfRows(
  {
    name: 'core-13900hk-7.3',
    machine: 'Intel Core i9-13900HK at 5.4 GHz, Linux 7.3-rc2 under PVM',
    ghz: 5.4,
  },
  { cpu: 'Intel Core i9-13900HK', kernel: '7.3-rc2, PVM' },
  {
    hit: [150, 50, 600, 'inferred', 'a search of the slots, a rotation, LOAD_MMU_PGD', NOWHERE],
    miss: [150, 50, 600, 'inferred', 'the same search and rotation', NOWHERE],
    drop: [150, 40, 800, 'inferred', 'kvm_mmu_free_roots(): a count goes down', NOWHERE],
    mark: [15, 1, 100, 'inferred', 'one store to a line that is hot', NOWHERE],
    loadExisting: [
      ...([10_000, 3_000, 19_000, 'derived'] as const),
      'CR0.WP series, ssdd: 1.7 exits (2.7 with the TDP MMU), less drop, flush and lock',
      SSDD,
    ],
    loadNew: [12_000, 4_000, 25_000, 'inferred', 'a load, and write-tracking', NOWHERE],
    loadSpecial: [10_000, 3_000, 19_000, 'inferred', 'as a load of an existing root', NOWHERE],
    syncNoOp: [60, 20, 400, 'inferred', 'kvm_mmu_sync_roots() reads two fields', NOWHERE],
    syncWalk: [900, 200, 4_000, 'inferred', 'a walk of the bitmaps', NOWHERE],
    syncLeaf: [
      ...([4_320, 1_500, 4_330, 'published'] as const),
      '(26.69 - 1.0) us / 32 pages = 0.8 us, the load included: an upper bound',
    ],
    flushOne: [400, 100, 3_000, 'inferred', 'INVVPID and INVEPT: nothing published', NOWHERE],
    flushAll: [1_000, 400, 6_000, 'inferred', 'INVEPT of all: nothing published', NOWHERE],
    flushAddress: [
      ...([240, 200, 883, 'derived'] as const),
      'x86/mm, June 2015: INVLPG takes 216 to 284, 883 cold',
      HASWELL,
    ],
    walk: [20, 8, 300, 'derived', 'commit 10af6235e0d3: 8.6 ns a page at 2.3 GHz', SKYLAKE],
    pageFault: [
      ...([9_450, 7_880, 11_020, 'derived'] as const),
      '3.07 us on average, against 1.03 to 1.61 us of other exits',
    ],
    pageAllocated: [1_000, 300, 5_000, 'inferred', 'a page zeroed and hashed', NOWHERE],
    pageZapped: [1_000, 200, 5_000, 'inferred', '512 entries looked at and unlinked', NOWHERE],
    mmuLock: [40, 15, 150, 'inferred', 'an uncontended acquisition and release', NOWHERE],
    exit: [7_130, 5_560, 8_700, 'published', 'other exits: 1.03 to 1.61 us; the middle of them'],
    cr3Exit: [7_070, 3_800, 8_600, 'derived', 'as many exits as on the Xeon', XEON_8269CY],
    nestedExit: [
      ...([50_000, 15_000, 115_000, 'inferred'] as const),
      "the Xeon's cycles at least, 13 to 16 of these exits at most",
      NOWHERE,
    ],
    guestCr3: [250, 200, 300, 'published', 'a pair of switches takes 92 ns'],
    kick: [10_800, 5_400, 16_200, 'secondary', 'IPI and acknowledgement: 1 to 3 us', INTEL_2015],
  },
);
