import { hex, type Vm, vcpuStateOf, wordToHex } from '../../mmu/index.js';
import {
  Hex64,
  type MmuEvent,
  type MmuEventOf,
  Slot,
  type VcpuState,
} from '../../mmu/schema/index.js';
import type { RecordedOperation, Roots } from './recording.js';

/** Keys of a recording that are judged by events and by the roots afterwards. */
export type ObservedKey =
  | 'switches'
  | 'evicted'
  | 'freed'
  | 'rootMmu'
  | 'guestMmu'
  | 'unsynced'
  | 'synced'
  | 'injected'
  | 'loads'
  | 'zapped'
  | 'flushes'
  | 'faults';

/** Puts events and state into the form of a recording, key by key. */
export function observe(
  vm: Vm,
  events: readonly MmuEvent[],
  { op, args }: Pick<RecordedOperation, 'op' | 'args'>,
): Required<Pick<RecordedOperation, ObservedKey>> {
  const operands = args.map((arg) => Hex64.decode(arg).page);
  const state = vcpuStateOf(vm, vm.vcpus[0] as Vm['vcpus'][number]);
  return {
    switches: events.flatMap((event) => switchOf(event) ?? []),
    evicted: ofKind(events, 'root-evicted').map(({ mmu, pgd }) => ({ mmu, pgd: wordToHex(pgd) })),
    freed: groupFreed(
      ofKind(events, 'root-freed').map(({ mmu, slot, pgd }) => ({
        mmu,
        slots: [nameOf(slot)],
        pgds: [wordToHex(pgd)],
      })),
    ),
    rootMmu: rootsOf(state.rootMmu),
    guestMmu: rootsOf(state.guestMmu),
    unsynced: ofKind(events, 'page-unsynced').map(({ gfn }) => hex(gfn)),
    synced: ofKind(events, 'page-synced').map(({ gfn }) => hex(gfn)),
    injected: ofKind(events, 'fault-injected').map(({ vector }) => vector),
    loads: events.flatMap((event) => loadOf(vm, event) ?? []),
    zapped: ofKind(events, 'page-zapped').map(({ gfn, level, rootCount }) => ({
      gfn: hex(gfn),
      level,
      rootCount,
    })),
    flushes: flushesOf(events, op),
    faults: ofKind(events, 'page-fault')
      .filter(({ address: { page } }) => operands.includes(page))
      .map(({ address, errorCode }) => ({
        address: wordToHex(address),
        errorCode: hex(errorCode),
      })),
  };
}

/**
 * Frees of one MMU that follow each other, as one, in the order of its slots: the kernel releases
 * previous roots before the current one, and a recording lists the slots of a call together.
 */
export function groupFreed(
  freed: NonNullable<RecordedOperation['freed']>,
): NonNullable<RecordedOperation['freed']> {
  const groups: { mmu: 'root' | 'guest'; roots: { slot: string; pgd: string }[] }[] = [];
  for (const { mmu, slots, pgds } of freed) {
    let group = groups.at(-1);
    if (group?.mmu !== mmu) {
      group = { mmu, roots: [] };
      groups.push(group);
    }
    group.roots.push(...slots.map((slot, i) => ({ slot, pgd: pgds[i] as string })));
  }
  return groups.map(({ mmu, roots }) => {
    roots.sort((x, y) => Slot.decode(x.slot) - Slot.decode(y.slot));
    return { mmu, slots: roots.map(({ slot }) => slot), pgds: roots.map(({ pgd }) => pgd) };
  });
}

function switchOf(event: MmuEvent): NonNullable<RecordedOperation['switches']>[number] | null {
  if (event.kind === 'root-missed') {
    return { mmu: event.mmu, pgd: wordToHex(event.pgd), found: 'miss' };
  }
  if (event.kind !== 'root-reused') return null;
  return { mmu: event.mmu, pgd: wordToHex(event.pgd), found: nameOf(event.slot) };
}

/**
 * A PAE or dummy root is no page that the kernel would have found or created, and the direct MMU
 * under EPT takes its root from a list of its own.
 */
function loadOf(
  { config }: Vm,
  event: MmuEvent,
): NonNullable<RecordedOperation['loads']>[number] | null {
  if (event.kind !== 'root-allocated' || event.page === 'special') return null;
  const isDirect = config.paging === 'ept' && event.mmu === 'root';
  if (isDirect && event.page === 'existing') return null;
  return { gfn: hex(event.gfn), level: event.level, page: event.page };
}

/**
 * The callbacks that ran. That of a requested flush of the current context ran even if there was
 * no root by then, so that it dropped nothing.
 */
function flushesOf(events: readonly MmuEvent[], op: string): string[] {
  return events.flatMap((event, i) => {
    if (isCurrentServiced(event)) return ['current'];
    if (event.kind !== 'tlb-flushed') return [];
    const isCounted = event.scope === 'current' && isCurrentServiced(events[i - 1]);
    // For L1's INVVPID the kernel executes an INVVPID itself, not through a callback.
    const flush = isCounted || op === 'invvpid' ? null : flushOf(event);
    return flush === null ? [] : [flush];
  });
}

function isCurrentServiced(event: MmuEvent | undefined): boolean {
  return event?.kind === 'request-serviced' && event.request === 'TLB_FLUSH_CURRENT';
}

/** A callback of the kernel; what the processor drops by itself passed unseen. */
function flushOf({ by, scope, address }: MmuEventOf<'tlb-flushed'>): string | null {
  if (by === 'cpu' || scope === 'context' || scope === 'pcid') return null;
  return address === null ? scope : `address ${wordToHex(address)}`;
}

function rootsOf({ root, prevRoots }: VcpuState['rootMmu']): Roots {
  const pgdOf = (slot: typeof root) => (slot === null ? null : wordToHex(slot.pgd));
  return { root: pgdOf(root), prevRoots: prevRoots.map(pgdOf) };
}

function ofKind<K extends MmuEvent['kind']>(events: readonly MmuEvent[], kind: K): MmuEventOf<K>[] {
  return events.filter((event): event is MmuEventOf<K> => event.kind === kind);
}

function nameOf(slot: number): string {
  return Slot.encode(slot);
}
