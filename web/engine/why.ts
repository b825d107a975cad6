import { commandOf, type Past, type PastRecord, Why, whySteps } from '../../src/lab/index.js';
import { freezeVm } from '../../src/mmu/index.js';
import type { Command } from '../../src/mmu/schema/index.js';
import type { WireWhy } from '../model/moments.js';
import { pastOf } from './past.js';
import type { Recording } from './recording.js';
import type { Turns } from './turns.js';

/**
 * Why a record of a run came about.
 *
 * @throws {Error} If there is no such record.
 */
export async function why(recording: Recording, seq: number, turns: Turns): Promise<WireWhy> {
  const past: Past = pastOf(recording);
  const record = past.at(seq);
  if (record === undefined) {
    throw new Error(
      `Cannot explain ${seq}: records are numbered from ${recording.start + 1} to ${past.head}`,
    );
  }
  const steps = whySteps({ past, record, ...rulesAt(recording, record) });
  for (;;) {
    if (turns.isOver()) await turns.next(0);
    const step = steps.next();
    if (step.done === true) return Why.encode(step.value);
  }
}

function rulesAt(recording: Recording, record: PastRecord) {
  const index = recording.indexOf(commandOf(record) ?? record.seq);
  const config = recording.configAt(index);
  const command = recording.commands[index] as Command;
  const before = { config, command, state: freezeVm(recording.machineAt(index)) };
  return { policy: config.policy, before };
}
