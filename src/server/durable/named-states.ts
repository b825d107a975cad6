import type { Journal } from '../../journal/log/index.js';
import { freezeVm, unarchiveVm } from '../../mmu/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { NamedState } from '../fleet/vm-log.js';
import { bodyFrom, requestsFrom } from './bodies.js';
import type { SnapshotFacts } from './facts.js';
import { MENDS, SNAPSHOTS, TRACED } from './rooms.js';

/** The snapshots of a VM, in the order in which they were taken. */
export async function namedStates(journal: Journal, { id, vm }: FleetVm): Promise<NamedState[]> {
  const found: (NamedState & { readonly order: number })[] = [];
  for await (const { value } of journal.values(SNAPSHOTS, `${id}/`)) {
    const { facts, bytes } = bodyFrom(value);
    const { name, seq, order, made } = facts as SnapshotFacts;
    const state = freezeVm(unarchiveVm(vm.initial, bytes));
    found.push({ name, seq, order, state, made: requestsFrom(made) });
  }
  return found.sort((a, b) => a.order - b.order);
}

/** Snapshots that are kept, and what newer records tell of them. */
export function withNamed(
  kept: readonly NamedState[],
  named: ReadonlyMap<string, NamedState | null>,
): NamedState[] {
  const others = kept.filter(({ name }) => !named.has(name));
  return [...others, ...[...named.values()].filter((state) => state !== null)];
}

/** The trace that a VM was made of; null if it was made of none. */
export async function tracedOf(journal: Journal, vm: string): Promise<FleetVm['traced']> {
  for await (const { key, value } of journal.values(TRACED, vm)) {
    if (key === vm) return bodyFrom(value).facts as FleetVm['traced'];
  }
  return null;
}

/** Number of times that damage took back what a VM had told. */
export async function mendsOf(journal: Journal, vm: string): Promise<number> {
  for await (const { key, value } of journal.values(MENDS, vm)) {
    if (key === vm) return Number(new TextDecoder().decode(value));
  }
  return 0;
}

/** Drops all that is kept of a deleted VM beside its log. */
export async function dropStates(journal: Journal, vm: string): Promise<void> {
  const dropped: Promise<void>[] = [];
  for await (const { key } of journal.values(SNAPSHOTS, `${vm}/`)) {
    dropped.push(journal.remove(SNAPSHOTS, key));
  }
  for (const room of [TRACED, MENDS]) dropped.push(journal.remove(room, vm));
  await Promise.all(dropped);
}
