import { type Vm, vcpuStateOf } from '../../../mmu/index.js';
import {
  createJsonWriter,
  Hex64,
  type MmuEvent,
  type MmuEventOf,
  Slot,
  type VcpuState,
} from '../../../mmu/schema/index.js';
import type { Operation, Roots } from './recording.js';

/** Keys of a recording that are judged by what became of the roots. */
export type RootKey = 'switches' | 'evicted' | 'freed' | 'rootMmu' | 'guestMmu';

/** What the model says of each key, in the recording's own form. */
export function observeRoots(
  vm: Vm,
  events: readonly MmuEvent[],
): Required<Pick<Operation, RootKey>> {
  const state = vcpuStateOf(vm.vcpus[0] as Vm['vcpus'][number]);
  return {
    switches: events.flatMap((event) => switchOf(event) ?? []),
    evicted: ofKind(events, 'root-evicted').map(({ mmu, pgd }) => ({ mmu, pgd: hexOf(pgd) })),
    freed: groupFreed(
      ofKind(events, 'root-freed').map(({ mmu, slot, pgd }) => ({
        mmu,
        slots: [nameOf(slot)],
        pgds: [hexOf(pgd)],
      })),
    ),
    rootMmu: rootsOf(state.rootMmu),
    guestMmu: rootsOf(state.guestMmu),
  };
}

/**
 * Frees of one MMU that follow each other, as one, in the order of its slots: the kernel releases
 * previous roots before the current one, and a recording lists the slots of a call together.
 */
export function groupFreed(
  freed: NonNullable<Operation['freed']>,
): NonNullable<Operation['freed']> {
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

function switchOf(event: MmuEvent): NonNullable<Operation['switches']>[number] | null {
  if (event.kind === 'root-missed') {
    return { mmu: event.mmu, pgd: hexOf(event.pgd), found: 'miss' };
  }
  if (event.kind !== 'root-reused') return null;
  return { mmu: event.mmu, pgd: hexOf(event.pgd), found: nameOf(event.slot) };
}

function rootsOf({ root, prevRoots }: VcpuState['rootMmu']): Roots {
  const pgdOf = (slot: typeof root) => (slot === null ? null : hexOf(slot.pgd));
  return { root: pgdOf(root), prevRoots: prevRoots.map(pgdOf) };
}

function ofKind<K extends MmuEvent['kind']>(events: readonly MmuEvent[], kind: K): MmuEventOf<K>[] {
  return events.filter((event): event is MmuEventOf<K> => event.kind === kind);
}

const writeHex = createJsonWriter(Hex64);

function hexOf(pgd: Parameters<typeof writeHex>[0]): string {
  return JSON.parse(writeHex(pgd)) as string;
}

function nameOf(slot: number): string {
  return Slot.encode(slot);
}
