import { isPolicysChoice, rootAt, type Vcpu } from '../../mmu/index.js';
import {
  CURRENT,
  type MmuEvent,
  type MmuEventKind,
  type MmuEventOf,
} from '../../mmu/schema/index.js';
import { askedDuring, beginLoad, MISSED, switched } from './published.js';
import { NO_ROOT, NONE_REACHED, type Tally, type VcpuTally } from './tally.js';

/** Counts one event of a lane. */
export function fold(tally: Tally, vcpu: Vcpu, event: MmuEvent): void {
  const { kind } = event;
  const { last } = tally;
  if (kind !== 'root-freed' && kind !== 'page-zapped') last.freed = '';
  // More events are accesses than of any other kind, and KVM has no part in one.
  if (kind === 'access') {
    countAccess(tally, event);
    return;
  }
  last.hasKvmActed = true;
  const of = tally.vcpus[vcpu.index] as VcpuTally;
  const take = FOLDS[kind] as Fold<MmuEvent> | null;
  take?.(tally, of, event);
}

type Fold<E> = (tally: Tally, of: VcpuTally, event: E) => void;

function countAccess({ counters }: Tally, { by }: MmuEventOf<'access'>): void {
  counters.accesses += 1;
  if (by !== 'tlb') counters.walks += 1;
}

const FOLDS: {
  readonly [K in Exclude<MmuEventKind, 'access'>]: Fold<MmuEventOf<K>> | null;
} = {
  'root-reused': (tally, of, { slot }) => {
    const { counters } = tally;
    tally.areRootsMoved = true;
    switched(of.cr3Load, slot);
    if (slot === CURRENT) counters.hitsCurrent += 1;
    else counters.hitsPrevious[slot] = (counters.hitsPrevious[slot] ?? 0) + 1;
  },
  'root-missed': (tally, of) => {
    tally.areRootsMoved = true;
    tally.counters.misses += 1;
    switched(of.cr3Load, MISSED);
  },
  'root-evicted': ({ counters, last }) => {
    last.hasCause = true;
    counters.evicted += 1;
    counters.mmuLock += 1;
  },
  'root-freed': countFreed,
  'root-marked-unsync': ({ counters, last }, _, { cause }) => {
    last.hasCause = true;
    counters.marked[cause] += 1;
  },
  'root-allocated': (tally, of, { page }) => {
    const { counters } = tally;
    tally.areRootsMoved = true;
    counters.loads[page] += 1;
    counters.mmuLock += 1;
    of.isLoading = true;
  },
  'root-synced': countSync,
  'request-made': countRequest,
  'request-serviced': countService,
  'tlb-flushed': countFlush,
  'page-allocated': ({ counters }) => {
    counters.pagesAllocated += 1;
  },
  'page-zapped': countZap,
  'page-unsynced': null,
  'page-synced': ({ last, counters }, _, { hpa }) => {
    // A leaf that is zapped is unsync no more, too; its zap is told just before.
    if (last.zapped === hpa) return;
    counters.syncs.leaves += 1;
  },
  'page-fault': ({ counters }) => {
    counters.pageFaults += 1;
    counters.mmuLock += 1;
  },
  'vm-exit': countExit,
  'vm-entered': null,
  'fault-injected': null,
  'vm-fail': null,
  violation: ({ counters }) => {
    counters.violations += 1;
  },
};

/** An exit to L1 follows one to KVM; a failed entry is none, because L2 never ran. */
function countExit(tally: Tally, of: VcpuTally, event: MmuEventOf<'vm-exit'>): void {
  const { counters, last } = tally;
  const { to, name, qualification } = event;
  if (to === 'L1') {
    if (name !== 'INVALID_STATE') counters.reflected += 1;
    return;
  }
  counters.exits += 1;
  if (name === 'EXTERNAL_INTERRUPT') {
    counters.kicks += 1;
    last.kicked.push(of.vcpu.index);
  }
  if (name === 'CR_ACCESS' && (qualification.low & CR_AND_TYPE) === MOV_TO_CR3) {
    beginLoad(of.cr3Load);
  }
}

/** Number of the register, and the kind of access: 0 for a move to it. */
const CR_AND_TYPE = 0x3f;
const MOV_TO_CR3 = 3;

/** `kvm_mmu_free_roots()` takes the lock once for all the slots that it is told of. */
function countFreed(tally: Tally, of: VcpuTally, event: MmuEventOf<'root-freed'>): void {
  const { counters } = tally;
  const { mmu, cause, hpa } = event;
  tally.areRootsMoved = true;
  tally.last.hasCause = true;
  counters.freed[cause] += 1;
  if (isPolicysChoice(cause)) of.freed.add(hpa);
  const together = `${of.vcpu.index} ${mmu} ${cause}`;
  if (tally.last.freed !== together) counters.mmuLock += 1;
  tally.last.freed = together;
}

/** A sync that finds nothing takes no lock. */
function countSync({ counters }: Tally, of: VcpuTally, event: MmuEventOf<'root-synced'>): void {
  const { hpa, pages, changed } = event;
  const { syncs, policyFrees } = counters;
  if (of.isLoading) {
    syncs.byLoad += 1;
    if (of.freed.delete(hpa)) policyFrees[changed > 0 ? 'needed' : 'needless'] += 1;
  } else if (of.isServicing) {
    syncs[pages > 0 ? 'effective' : 'noOp'] += 1;
    syncs.nothing -= 1;
  } else {
    syncs.direct += 1;
  }
  if (changed > 0) syncs.stale += 1;
  if (pages > 0) {
    syncs.walks += 1;
    counters.mmuLock += 1;
  }
  of.isServicing = false;
}

function countRequest(
  { counters, last }: Tally,
  of: VcpuTally,
  { request }: MmuEventOf<'request-made'>,
): void {
  const { vcpu } = of;
  counters.requests[request] += 1;
  askedDuring(of.cr3Load, { request });
  if (request === 'MMU_SYNC') {
    counters.syncs.requested += 1;
    of.requestedFor = currentFrameOf(vcpu);
  }
  if (request !== 'MMU_RELOAD' && request !== 'MMU_FREE_OBSOLETE_ROOTS') return;
  // A broadcast goes through the vCPUs in order; the next broadcast begins with the first again.
  if (last.broadcast === NONE_REACHED || vcpu.index <= last.broadcast) {
    counters.broadcasts[request === 'MMU_RELOAD' ? 'reload' : 'freeObsolete'] += 1;
  }
  last.broadcast = vcpu.index;
}

function countService(
  { counters }: Tally,
  of: VcpuTally,
  { request }: MmuEventOf<'request-serviced'>,
): void {
  askedDuring(of.cr3Load, { request });
  of.isServicing = request === 'MMU_SYNC';
  if (!of.isServicing) return;
  counters.syncs.serviced += 1;
  // Where there is nothing to sync, no event tells of it.
  counters.syncs.nothing += 1;
  const isAnother = of.requestedFor !== NO_ROOT && of.requestedFor !== currentFrameOf(of.vcpu);
  if (isAnother) counters.syncs.wasted += 1;
}

function countFlush(
  { counters }: Tally,
  of: VcpuTally,
  { by, scope }: MmuEventOf<'tlb-flushed'>,
): void {
  const { flushes } = counters;
  if (by === 'cpu' || scope === 'pcid') {
    flushes.cpu += 1;
    return;
  }
  if (scope === 'current' && of.isLoading) {
    flushes.load += 1;
    of.isLoading = false;
    return;
  }
  flushes[scope] += 1;
  if (scope === 'address') counters.mmuLock += 1;
}

function countZap(tally: Tally, _: VcpuTally, event: MmuEventOf<'page-zapped'>): void {
  const { counters } = tally;
  const { hpa, rootCount } = event;
  counters.pagesZapped += 1;
  if (rootCount > 0) tally.areRootsMoved = true;
  tally.last.zapped = hpa;
  tally.last.broadcast = NONE_REACHED;
  for (const { freed } of tally.vcpus) if (freed.delete(hpa)) counters.policyFrees.gone += 1;
}

function currentFrameOf({ mmu }: Vcpu): number {
  return rootAt(mmu, CURRENT)?.hpa ?? NO_ROOT;
}
