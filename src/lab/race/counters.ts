import { z } from 'zod';
import { LedgerState, PREV_ROOTS_MAX, RequestName, RootCause } from '../../mmu/schema/index.js';

const count = (description: string) => z.number().int().min(0).describe(description);

const byCause = z.record(RootCause, z.number().int().min(0));

/** The fate of roots that the policy, and nothing else, had freed. */
const PolicyFrees = z
  .strictObject({
    needed: count('Roots that were loaded again, with something stale below.'),
    needless: count('Roots that were loaded again, with nothing stale below.'),
    gone: count('Roots whose shadow page was zapped before it was wanted again.'),
  })
  .meta({ id: 'PolicyFrees', description: 'Fates of the roots that only the policy freed.' });

const Syncs = z
  .strictObject({
    requested: count('`MMU_SYNC` became pending.'),
    serviced: count('`MMU_SYNC` was serviced.'),
    effective: count('Serviced requests that synced at least one leaf.'),
    noOp: count('Serviced requests that found nothing unsync below the root.'),
    nothing: count('Serviced requests without a root to sync, or with a direct one.'),
    wasted: count('Serviced requests that were made for another root than the current one.'),
    byLoad: count('Syncs that ended a load.'),
    direct: count('Other syncs without a request of their own: those of a guest-wide flush.'),
    stale: count('Syncs of any kind that found a stale translation.'),
    walks: count('Syncs of any kind that found an unsync leaf, and walked to it.'),
    leaves: count('Leaf tables that were synced, by any of these.'),
  })
  .meta({ id: 'Syncs', description: 'Syncs, by reason and by use.' });

const Flushes = z
  .strictObject({
    current: count('`kvm_vcpu_flush_tlb_current()`, that of a load left out.'),
    load: count('The flush that ends a load: not in `stat.tlb_flush`.'),
    guest: count('`kvm_vcpu_flush_tlb_guest()`.'),
    all: count('`kvm_vcpu_flush_tlb_all()`: what a remote flush comes to.'),
    context: count('INVVPID for L1.'),
    address: count('One address.'),
    cpu: count('Flushes by the processor itself, without KVM.'),
    stat: count('`stat.tlb_flush`.'),
  })
  .meta({ id: 'Flushes', description: 'TLB flushes by kind.' });

const Cr3Exits = z
  .strictObject({
    hit: count('Exits whose switch found its root.'),
    miss: count('Exits whose switch found none.'),
    other: count('Exits that switched no root: the same CR3, PAE registers alone, or a fault.'),
    served: z
      .array(z.number().int().min(0))
      .max(PREV_ROOTS_MAX + 1)
      .describe('Exits that the guest could have been spared by 1, 2, ... published roots.'),
    held: count('Exits that found their root, and needed a flush or a sync of it.'),
  })
  .meta({ id: 'Cr3Exits', description: 'Exits for MOV to CR3, by what the switch of root found.' });

const Pinned = z
  .strictObject({
    peak: count('Most at once.'),
    mean: z.number().min(0).describe('Over the commands.'),
    zappedPeak: count('Most at once that were zapped already, and live on in a slot.'),
  })
  .meta({ id: 'Pinned', description: 'Shadow pages that slots other than the current one hold.' });

/** Counts of one lane of a race, over all vCPUs. */
export const RaceCounters = z
  .strictObject({
    commands: count('Commands that were applied.'),
    refused: count('Commands that could not be applied.'),
    hitsCurrent: count('Switches that found their root in use.'),
    hitsPrevious: z
      .array(z.number().int().min(0))
      .max(PREV_ROOTS_MAX)
      .describe('Switches that found their root in a previous slot, by slot.'),
    misses: count('Switches that found no usable root.'),
    evicted: count('Valid roots that fell out of the cache.'),
    freed: byCause.describe('Slots that were released, by cause.'),
    marked: byCause.describe('Roots that were marked, by cause.'),
    policyFrees: PolicyFrees,
    loads: z
      .strictObject({
        new: count('Loads that made a shadow page.'),
        existing: count('Loads that found the shadow page.'),
        special: count('A PAE or dummy root.'),
      })
      .describe('`kvm_mmu_load()`.'),
    syncs: Syncs,
    flushes: Flushes,
    requests: z
      .record(RequestName, z.number().int().min(0))
      .describe('Requests that became pending, on each vCPU.'),
    broadcasts: z
      .strictObject({
        reload: count('`MMU_RELOAD` to every vCPU.'),
        freeObsolete: count('`MMU_FREE_OBSOLETE_ROOTS` to every vCPU.'),
      })
      .describe('Requests to all vCPUs because a root was zapped.'),
    mmuLock: count('Acquisitions of `mmu_lock` for loads, frees, syncs, faults and addresses.'),
    pinned: Pinned,
    exits: count('VM exits to KVM.'),
    kicks: count('VM exits that another vCPU forced.'),
    cr3Exits: Cr3Exits,
    cr3Loads: count('MOV to CR3 that the guest carried out without an exit.'),
    reflected: count('Exits of L2 that KVM handed on to L1.'),
    pageFaults: count('Page faults and EPT violations that KVM handled.'),
    pagesAllocated: count('Shadow pages made.'),
    pagesZapped: count('Shadow pages zapped.'),
    accesses: count('Accesses of the guest.'),
    walks: count('Accesses without a translation in the TLB.'),
    violations: count('Uses that the architecture did not allow.'),
    undecided: count('Uses that could not be judged, because too much was forgotten.'),
    ledger: LedgerState.shape.total
      .nullable()
      .describe('Worth of flushes, syncs and frees; null without an oracle.'),
  })
  .meta({ id: 'RaceCounters', description: 'Counters of one lane of a race, over all vCPUs.' });
export type RaceCounters = z.output<typeof RaceCounters>;

/** @param prevRoots Slots beside the current one. */
export function createCounters(prevRoots: number): RaceCounters {
  return {
    commands: 0,
    refused: 0,
    hitsCurrent: 0,
    hitsPrevious: noneOfSlots(prevRoots),
    misses: 0,
    evicted: 0,
    freed: noneOf(RootCause.options),
    marked: noneOf(RootCause.options),
    policyFrees: { needed: 0, needless: 0, gone: 0 },
    loads: { new: 0, existing: 0, special: 0 },
    syncs: {
      requested: 0,
      serviced: 0,
      effective: 0,
      noOp: 0,
      nothing: 0,
      wasted: 0,
      byLoad: 0,
      direct: 0,
      stale: 0,
      walks: 0,
      leaves: 0,
    },
    flushes: { current: 0, load: 0, guest: 0, all: 0, context: 0, address: 0, cpu: 0, stat: 0 },
    requests: noneOf(RequestName.options),
    broadcasts: { reload: 0, freeObsolete: 0 },
    mmuLock: 0,
    pinned: { peak: 0, mean: 0, zappedPeak: 0 },
    exits: 0,
    kicks: 0,
    cr3Exits: { hit: 0, miss: 0, other: 0, served: noneOfSlots(prevRoots + 1), held: 0 },
    cr3Loads: 0,
    reflected: 0,
    pageFaults: 0,
    pagesAllocated: 0,
    pagesZapped: 0,
    accesses: 0,
    walks: 0,
    violations: 0,
    undecided: 0,
    ledger: null,
  };
}

export function hitsOf({ hitsCurrent, hitsPrevious }: RaceCounters): number {
  let hits = hitsCurrent;
  for (const count of hitsPrevious) hits += count;
  return hits;
}

export function loadsOf({ loads }: RaceCounters): number {
  return loads.new + loads.existing + loads.special;
}

/** A loop over the keys makes no list: a replay asks after every command. */
export function sumOf(counts: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const key in counts) sum += counts[key] as number;
  return sum;
}

function noneOfSlots(length: number): number[] {
  return Array.from({ length }, () => 0);
}

function noneOf<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}
