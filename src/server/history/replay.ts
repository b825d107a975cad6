import type { EventRing, RewoundRecord } from '../../journal/index.js';
import type { Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import { forEachInTurns } from '../fleet/turns.js';

/** A command of a history. */
export interface Step {
  readonly seq: number;
  readonly command: Command;
}

/** Commands among the records after `from`, up to `to`, with their numbers. */
export function stepsBetween(ring: EventRing, from: number, to: number): Step[] {
  const steps: Step[] = [];
  for (let seq = from + 1; seq <= to; seq += 1) {
    const record = ring.at(seq);
    if (record?.type === 'command') steps.push({ seq, command: record.command });
  }
  return steps;
}

/** Commands among the records after `from`, up to `to`. */
export function commandsBetween(ring: EventRing, from: number, to: number): Command[] {
  return stepsBetween(ring, from, to).map(({ command }) => command);
}

/** The newest reset or restored snapshot after `from`, up to `to`; null if there is none. */
export function lastRewoundBetween<State>(
  ring: EventRing<State>,
  from: number,
  to: number,
): RewoundRecord<State> | null {
  for (let seq = to; seq > from; seq -= 1) {
    const record = ring.at(seq);
    if (record?.type === 'rewound') return record;
  }
  return null;
}

/** Runs commands again on a VM that nobody else holds, in slices between which others get a turn. */
export async function replay(
  { turns, step }: Pick<Fleet, 'turns' | 'step'>,
  vm: Vm,
  commands: readonly Command[],
): Promise<Vm> {
  await forEachInTurns(turns, commands, (command) => step(vm, command, null));
  return vm;
}
