import { listOfRows } from '../price-list.js';
import { HASWELL, INTEL_2015, NOWHERE, RAPTOR_LAKE, SKYLAKE, SSDD } from './machines.js';

/**
 * A server of 2019: the Xeon of the PVM paper (SOSP 2023, tables 1 to 3), at 2.5 GHz under Linux
 * 4.19. Where the paper has no figure, the price comes from another machine by its share of a plain
 * exit there, or is inferred.
 */
export const xeon8269cy = listOfRows(
  {
    name: 'xeon-8269cy-4.19',
    machine: 'Intel Xeon Platinum 8269CY at 2.5 GHz, Linux 4.19',
    ghz: 2.5,
  },
  { cpu: 'Intel Xeon Platinum 8269CY', kernel: '4.19' },
  {
    hit: [150, 50, 400, 'inferred', 'a search of the slots, a rotation, LOAD_MMU_PGD', NOWHERE],
    miss: [150, 50, 400, 'inferred', 'the same search and rotation', NOWHERE],
    drop: [150, 40, 500, 'inferred', 'kvm_mmu_free_roots(): a count goes down', NOWHERE],
    mark: [15, 1, 100, 'inferred', 'one store to a line that is hot', NOWHERE],
    loadExisting: [
      ...([1_415, 500, 3_500, 'derived'] as const),
      'CR0.WP series, ssdd: dropping and loading a root takes 1.7 exits (2.7 with the TDP MMU), less drop, flush and lock',
      SSDD,
    ],
    loadNew: [2_000, 800, 5_000, 'inferred', 'a load, and write-tracking of the table', NOWHERE],
    loadSpecial: [1_415, 500, 3_500, 'inferred', 'as a load of an existing root', NOWHERE],
    syncNoOp: [60, 20, 300, 'inferred', 'kvm_mmu_sync_roots() reads two fields', NOWHERE],
    syncWalk: [600, 150, 2_000, 'inferred', 'a walk of the bitmaps to the leaves', NOWHERE],
    syncLeaf: [
      ...([860, 300, 1_010, 'derived'] as const),
      'PVM port, (26.69 - 1.0) us / 32 pages: 0.75 of an exit there, an upper bound',
      RAPTOR_LAKE,
    ],
    flushOne: [
      ...([350, 100, 2_000, 'inferred'] as const),
      'INVVPID and INVEPT: nothing published; INVPCID of an address takes 350',
      NOWHERE,
    ],
    flushAll: [
      ...([900, 400, 4_000, 'inferred'] as const),
      'INVEPT of all: nothing published; toggling CR4.PGE takes 828 to 968, 1,795 cold',
      NOWHERE,
    ],
    flushAddress: [
      ...([240, 200, 883, 'derived'] as const),
      'x86/mm, June 2015: INVLPG takes 216 to 284, 883 cold; INVVPID of an address is taken for one',
      HASWELL,
    ],
    walk: [
      ...([20, 8, 200, 'derived'] as const),
      'commit 10af6235e0d3: 512 pages refilled in (6.2 - 1.8) us; the high end is a cold one',
      SKYLAKE,
    ],
    pageFault: [
      ...([2_200, 1_000, 3_500, 'derived'] as const),
      'PVM port: 3.07 us against 1.03 to 1.61 of other exits, so 0.9 to 2 exits more',
      RAPTOR_LAKE,
    ],
    pageAllocated: [600, 200, 2_000, 'inferred', 'a page zeroed and hashed', NOWHERE],
    pageZapped: [600, 150, 2_500, 'inferred', '512 entries looked at and unlinked', NOWHERE],
    mmuLock: [40, 15, 100, 'inferred', 'an uncontended acquisition and release', NOWHERE],
    exit: [1_150, 1_150, 1_350, 'published', 'PVM, table 1: no-op hypercall 0.46 us, CPUID 0.54'],
    cr3Exit: [
      ...([1_140, 790, 1_340, 'derived'] as const),
      'PVM, table 2: getpid with KPTI less without, by two, (2.09 - 0.06)/2 us, less exit and hit',
    ],
    nestedExit: [
      ...([16_300, 15_100, 16_300, 'derived'] as const),
      'PVM, table 1, from L2: hypercall 7.43 us, CPUID 7.10, less two exits',
    ],
    guestCr3: [200, 96, 366, 'published', 'PVM, table 2: (0.22 - 0.06)/2 us; x86/mm 96 to 366'],
    kick: [5_000, 2_500, 7_500, 'secondary', 'IPI and acknowledgement: 1 to 3 us', INTEL_2015],
  },
);
