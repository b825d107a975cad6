import { z } from 'zod';
import type { Applied } from '../../journal/index.js';
import { type Command, Outcome } from '../../mmu/schema/index.js';
import { applyAll, applyAtomically, tryAll } from '../batches/batch.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { forEachInTurns } from '../fleet/turns.js';
import { EventFrame, Seq } from '../wire/frames.js';
import { openList } from '../wire/long-list.js';

export const BatchResult = z
  .strictObject({ seq: Seq, outcome: Outcome, events: z.array(EventFrame).optional() })
  .meta({
    id: 'BatchResult',
    description: 'One command of a batch; events if they were asked for.',
  });

export const BatchApplied = z
  .strictObject({ results: z.array(BatchResult) })
  .meta({ id: 'BatchApplied', description: 'A result for every command, in order.' });

const flag = (text: string) => z.enum(['false', 'true']).default('false').describe(text);

/** Asks for an answer without a change. */
export const dryRun = flag('Answer as if it were applied, and change nothing.');

export const BatchQuery = z.strictObject({
  events: flag('Add the events to each result.'),
  atomic: flag('All or nothing: the commands are tried on a copy first.'),
  dryRun,
});
export type BatchQuery = z.output<typeof BatchQuery>;

/** A batch, as it was asked for. */
export interface AskedBatch {
  readonly entry: FleetVm;
  readonly commands: readonly Command[];
  readonly query: BatchQuery;
}

const open = openList('results', BatchResult);

/**
 * Applies a batch.
 *
 * @throws {ApiError} If a command cannot be applied.
 */
export async function resultsOf(
  fleet: Fleet,
  asked: AskedBatch,
): Promise<z.output<typeof BatchApplied>> {
  const results: z.output<typeof BatchResult>[] = [];
  await applyTo(fleet, asked, (result) => void results.push(result));
  return { results };
}

/**
 * Applies a batch, and writes its results as they come: events that are gathered first live too
 * long for the garbage collector.
 *
 * @throws {ApiError} If a command cannot be applied.
 */
export async function writtenResultsOf(fleet: Fleet, asked: AskedBatch): Promise<Buffer> {
  const results = open();
  await applyTo(fleet, asked, results.add);
  return results.end();
}

async function applyTo(
  fleet: Fleet,
  { entry, commands, query: { events, atomic, dryRun } }: AskedBatch,
  give: (result: z.output<typeof BatchResult>) => void,
): Promise<void> {
  const take = events === 'true' ? give : ({ seq, outcome }: Applied) => give({ seq, outcome });
  const { turns } = fleet;
  if (dryRun === 'true') await forEachInTurns(turns, await tryAll(fleet, entry, commands), take);
  else if (atomic === 'true') {
    await forEachInTurns(turns, await applyAtomically(fleet, entry, commands), take);
  } else await applyAll(fleet, entry, commands, take);
}
