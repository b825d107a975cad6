import { z } from 'zod';
import type { Reached, ReachPlan } from '../../lab/index.js';
import type { ShardRunner } from '../shards/shard-runner.js';
import { ApiError } from '../wire/errors.js';
import type { DistantWork, JobWork } from './job.js';
import { shardWork } from './shard-work.js';

const count = z.number().int().min(0);

/** Extent of a search for triples. */
export const ReachedBody = z
  .strictObject({
    end: z
      .enum(['exhausted', 'refuted', 'depth', 'states', 'bytes', 'oracle-forgot', 'triples'])
      .describe('Why it ended: nothing left to see, or a bound.'),
    isExhaustive: z.boolean().describe('Whether every state that can be reached was seen.'),
    states: count,
    expanded: count.describe('States in which every command was tried.'),
    transitions: count,
    refused: count.describe('Commands that a vCPU could not take.'),
    depth: count.describe('Commands from the first state to the deepest one.'),
    triples: count.describe('Triples that were found. `GET /v1/vms/{vm}/coverage` has them.'),
  })
  .meta({ id: 'Reached', description: 'Extent of a search for all triples of a machine.' });
export type ReachedBody = z.output<typeof ReachedBody>;

export function reachedBodyOf({ triples, ...extent }: Reached): ReachedBody {
  return { ...extent, triples: triples.length };
}

/** Triples of a result that take a page of 4 KiB, about. */
const TRIPLES_PER_PAGE = 4;

/** Makes a search for all triples of a machine the work of a job. */
export function coverageWork(
  input: ReachPlan,
  runner: ShardRunner | null,
): JobWork<Reached> | DistantWork<Reached> {
  const work = shardWork({ kind: 'coverage', input }, runner, {
    resultOf(found) {
      if ('refusal' in found) throw new ApiError('command-refused', found.refusal);
      return found;
    },
    advice: 'ask for fewer states',
  });
  const resultPages = ({ triples }: Reached) => Math.ceil(triples.length / TRIPLES_PER_PAGE);
  return { ...work, resultPages };
}
