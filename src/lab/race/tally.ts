import {
  isInvalid,
  ledgerStateOf,
  prevRootCount,
  rootAt,
  type Vcpu,
  type Vm,
} from '../../mmu/index.js';
import type { Command, Outcome } from '../../mmu/schema/index.js';
import { createCounters, type RaceCounters } from './counters.js';
import { type Cr3Load, countCr3Exit, createCr3Load } from './published.js';

/** Folds the events of a lane into its counters, and keeps none of them. */
export interface Tally {
  readonly counters: RaceCounters;
  readonly vcpus: readonly VcpuTally[];
  /**
   * Of this command: roots freed last, as one text; the frame zapped last; the vCPU of a broadcast
   * reached last; other vCPUs that it made leave; whether KVM did anything, beside accesses, and
   * whether to a root for one of the causes: freed, evicted or marked it.
   */
  readonly last: {
    hasKvmActed: boolean;
    hasCause: boolean;
    freed: string;
    zapped: number;
    broadcast: number;
    readonly kicked: number[];
  };
  /** Whether a slot has changed since the pinned pages were counted. */
  areRootsMoved: boolean;
  pinnedNow: number;
  pinnedSum: number;
  /** The frames of those pages, while they are counted. */
  readonly pages: Set<number>;
}

export interface VcpuTally {
  readonly vcpu: Vcpu;
  /** A load has begun, and its flush is to come. */
  isLoading: boolean;
  readonly cr3Load: Cr3Load;
  /** `MMU_SYNC` is being serviced. */
  isServicing: boolean;
  /** Frame of the root that was current when `MMU_SYNC` was requested. */
  requestedFor: number;
  /** Roots that the policy alone has freed, by their frame, and that nobody has wanted since. */
  readonly freed: Set<number>;
}

/** A command that was carried out, and how it ended. */
export interface Ended {
  readonly command: Command;
  readonly outcome: Outcome;
}

/** Stands for the frame of a root that is not there. */
export const NO_ROOT = -1;

/** No vCPU has been reached by a broadcast. */
export const NONE_REACHED = Number.POSITIVE_INFINITY;

export function createTally({ vcpus, config }: Vm): Tally {
  return {
    counters: createCounters(config.prevRoots),
    vcpus: vcpus.map((vcpu) => ({
      vcpu,
      isLoading: false,
      cr3Load: createCr3Load(),
      isServicing: false,
      requestedFor: NO_ROOT,
      freed: new Set(),
    })),
    last: {
      hasKvmActed: true,
      hasCause: true,
      freed: '',
      zapped: NO_ROOT,
      broadcast: NONE_REACHED,
      kicked: [],
    },
    areRootsMoved: false,
    pinnedNow: 0,
    pinnedSum: 0,
    pages: new Set(),
  };
}

/** A command begins. */
export function beginCommand({ last }: Tally): void {
  last.hasKvmActed = false;
  last.hasCause = false;
  last.freed = '';
  last.zapped = NO_ROOT;
  last.broadcast = NONE_REACHED;
  if (last.kicked.length > 0) last.kicked.length = 0;
}

/** A command has ended: what only the state and the outcome tell is counted. */
export function endCommand(tally: Tally, vm: Vm, { command, outcome }: Ended): void {
  const { counters } = tally;
  counters.commands += 1;
  const of = tally.vcpus[command.vcpu] as VcpuTally;
  const hasLeft = countCr3Exit(of.cr3Load, counters);
  if (!hasLeft && command.kind === 'mov-cr3' && outcome.kind === 'ok') counters.cr3Loads += 1;
  if (tally.areRootsMoved) {
    countPinned(tally, vm);
    tally.areRootsMoved = false;
  }
  tally.pinnedSum += tally.pinnedNow;
}

/** The counters, with what is not counted event by event. */
export function finishedCounters({ counters, pinnedSum }: Tally, vm: Vm): RaceCounters {
  const { flushes, pinned } = counters;
  let [stat, undecided] = [0, 0];
  for (const vcpu of vm.vcpus) stat += vcpu.counters.tlbFlush;
  for (const judged of vm.oracle?.vcpus ?? []) undecided += judged?.undecided ?? 0;
  return {
    ...counters,
    flushes: { ...flushes, stat },
    pinned: { ...pinned, mean: counters.commands === 0 ? 0 : pinnedSum / counters.commands },
    undecided,
    ledger: vm.ledger === null ? null : ledgerStateOf(vm).total,
  };
}

/** The shadow pages that previous slots hold, of all vCPUs, each once. */
function countPinned(tally: Tally, { vcpus }: Vm): void {
  const { pinned } = tally.counters;
  const { pages } = tally;
  pages.clear();
  let zapped = 0;
  for (const { rootMmu, guestMmu } of vcpus) {
    for (const mmu of [rootMmu, guestMmu]) {
      for (let slot = 0; slot < prevRootCount(mmu); slot += 1) {
        const page = rootAt(mmu, slot)?.page ?? null;
        if (page === null || pages.has(page.hpa)) continue;
        pages.add(page.hpa);
        if (isInvalid(page.role)) zapped += 1;
      }
    }
  }
  tally.pinnedNow = pages.size;
  pinned.peak = Math.max(pinned.peak, pages.size);
  pinned.zappedPeak = Math.max(pinned.zappedPeak, zapped);
}
