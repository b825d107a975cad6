import type { ShardRunner } from '../shards/shard-runner.js';
import type { ShrinkInput, ShrinkResult } from '../shards/shrink-shard.js';
import { ApiError } from '../wire/errors.js';
import type { DistantWork, JobWork } from './job.js';
import { shardWork } from './shard-work.js';

/** Makes shrinking the work of a job, which counts the lists that it has tried. */
export function shrinkWork(
  input: ShrinkInput,
  runner: ShardRunner | null,
): JobWork<ShrinkResult> | DistantWork<ShrinkResult> {
  const { length } = input.failing.commands;
  return shardWork({ kind: 'shrink', input }, runner, {
    resultOf(result) {
      if (result !== null) return result;
      throw new ApiError(
        'invalid-request',
        `Cannot shrink: the ${length} commands show no mistake that is meant`,
      );
    },
    advice: 'shrink fewer commands',
  });
}
