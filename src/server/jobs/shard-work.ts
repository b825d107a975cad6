import {
  openShard,
  type Shard,
  type ShardKind,
  type ShardProgress,
  type ShardResult,
} from '../shards/shard.js';
import { ShardFailed, type ShardRunner } from '../shards/shard-runner.js';
import { ApiError } from '../wire/errors.js';
import type { DistantWork, JobWork } from './job.js';

/** Result and advice of a job that is one shard. */
export interface OfShard<K extends ShardKind, R> {
  /** Its result; may throw, if that is none. */
  readonly resultOf: (result: ShardResult<K>) => R;
  /** Way out for a client whose shard takes too much memory. */
  readonly advice: string;
}

/**
 * The work of a job that is one shard: with a runner it is done there, without one between requests.
 * How many steps it has only the shard can tell, while it runs.
 */
export function shardWork<K extends ShardKind, R>(
  shard: Shard<K>,
  runner: ShardRunner | null,
  of: OfShard<K, R>,
): JobWork<R> | DistantWork<R> {
  return runner === null ? sliced(shard, of) : distant(shard, runner, of);
}

function sliced<K extends ShardKind, R>(shard: Shard<K>, { resultOf }: OfShard<K, R>): JobWork<R> {
  const open = openShard(shard);
  function* steps(): Generator<number, R> {
    return resultOf(yield* open.steps);
  }
  return { total: null, totalNow: () => open.total?.() ?? null, steps: steps(), pages: open.pages };
}

function distant<K extends ShardKind, R>(
  shard: Shard<K>,
  runner: ShardRunner,
  { resultOf, advice }: OfShard<K, R>,
): DistantWork<R> {
  let latest: ShardProgress = { done: 0, pages: 0 };
  return {
    total: null,
    totalNow: () => latest.total ?? null,
    pages: () => latest.pages,
    async run({ job, signal, progress }) {
      const watch = {
        name: job,
        signal,
        progress(now: ShardProgress) {
          latest = now;
          progress(now.done);
        },
      };
      const result = await runner.run(shard, watch).catch((error: unknown) => {
        throw tooBigOr(error, advice);
      });
      return resultOf(result);
    },
  };
}

/** A shard that takes more memory than it may is told to the client; other errors are our own. */
export function tooBigOr(error: unknown, advice: string): unknown {
  if (!(error instanceof ShardFailed) || !error.isTooBig) return error;
  return new ApiError('memory-limit-reached', `${error.message}; ${advice}`);
}
