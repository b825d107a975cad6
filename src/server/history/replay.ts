import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventRing, RewoundRecord } from '../../journal/index.js';
import type { step, Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { beginsSlice } from '../batches/slice.js';

/** Commands among the records after `from`, up to `to`. */
export function commandsBetween(ring: EventRing, from: number, to: number): Command[] {
  const commands: Command[] = [];
  for (let seq = from + 1; seq <= to; seq += 1) {
    const record = ring.at(seq);
    if (record?.type === 'command') commands.push(record.command);
  }
  return commands;
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
  vm: Vm,
  commands: readonly Command[],
  model: typeof step,
): Promise<Vm> {
  for (const [index, command] of commands.entries()) {
    if (beginsSlice(index)) await nextTurn();
    model(vm, command, null);
  }
  return vm;
}
