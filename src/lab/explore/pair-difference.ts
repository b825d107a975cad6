import { z } from 'zod';
import { CommandRefused, step, type Vm } from '../../mmu/index.js';
import { type Command, Outcome } from '../../mmu/schema/index.js';
import type { Followed } from './successors.js';

/** The ways to hold two machines against each other. */
export const COMPARISONS = {
  answers: 'the outcome of every command, and every violation',
  costs: 'that, and the work of KVM: roots loaded, syncs, flushes, exits',
} as const;
export type ComparedBy = keyof typeof COMPARISONS;

/** Whether two commands answered alike, and cost the same where that is asked. */
export function isAlike(one: Followed, other: Followed, comparison: ComparedBy): boolean {
  const [a, b] = [one.effect, other.effect];
  // An assertion has failed.
  if (a === null || b === null) return false;
  if (a.answer.words !== b.answer.words || a.violations !== b.violations) return false;
  return comparison === 'answers' || costsOf(one).join() === costsOf(other).join();
}

/** The work of KVM for a command, that of the entry before it included. */
function costsOf({ effect, entry }: Followed): number[] {
  return (effect?.answer.costs ?? []).map((count, i) => count + (entry?.[i] ?? 0));
}

/** The end of a command on one machine, each part as a text to compare. */
interface Done {
  readonly answers: string;
  readonly costs: string;
}

/** Carries a command out on a VM that is made as a whole. @throws If an assertion fails. */
export function done(vm: Vm, command: Command): Done {
  try {
    const outcome = z.encode(Outcome, step(vm, command, null));
    const violations = vm.oracle?.vcpus.map((judged) => judged?.violations ?? 0);
    const costs = vm.vcpus.map(({ counters: { loaded, synced, tlbFlush, exits } }) => ({
      ...{ loaded, synced, tlbFlush, exits },
    }));
    return { answers: JSON.stringify({ outcome, violations }), costs: JSON.stringify(costs) };
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    return { answers: error.message, costs: '' };
  }
}

/** The difference in words; null if there is none. */
export function differenceOf(one: Done, other: Done, comparison: ComparedBy): string | null {
  if (one.answers !== other.answers) return `${one.answers} against ${other.answers}`;
  if (comparison === 'answers' || one.costs === other.costs) return null;
  return countsOf(one, other);
}

/** The counts that differ, of each vCPU. */
function countsOf(one: Done, other: Done): string {
  const [ones, others] = [one.costs, other.costs].map(
    (text) => JSON.parse(text) as Record<string, number>[],
  ) as [Record<string, number>[], Record<string, number>[]];
  const parts = ones.flatMap((counts, vcpu) =>
    Object.entries(counts).flatMap(([name, count]) => {
      const beside = others[vcpu]?.[name];
      return beside === count ? [] : [`${name} ${count} against ${beside}`];
    }),
  );
  return parts.join(', ');
}
