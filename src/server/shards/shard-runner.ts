import type { Shard, ShardKind, ShardProgress, ShardResult } from './shard.js';

/** Runs shards elsewhere: on threads of this process, or on other machines. */
export interface ShardRunner {
  /** Shards that run at the same time. More may be handed over: they wait. */
  readonly width: number;
  /**
   * Runs one shard.
   *
   * @throws {ShardFailed} If it cannot be run, or what it ran on is gone.
   * @throws The signal's reason, if it fires before the end; the work is given up then.
   */
  run<K extends ShardKind>(shard: Shard<K>, watch: ShardWatch): Promise<ShardResult<K>>;
  /** Gives up what is under way, and lets go of everything. */
  close(): Promise<void>;
}

/** One that waits for a shard. */
export interface ShardWatch {
  /** Names the shard among all of this process: its job, and its place there. */
  readonly name: string;
  readonly signal: AbortSignal;
  progress(now: ShardProgress): void;
}

/** A shard that has no result, with the reason as a sentence. */
export class ShardFailed extends Error {
  override readonly name = 'ShardFailed';
  /** Whether it took more memory than it may. */
  readonly isTooBig: boolean;

  constructor(message: string, { isTooBig = false }: { isTooBig?: boolean } = {}) {
    super(message);
    this.isTooBig = isTooBig;
  }
}

/** Takes the news of many shards. Each is named by its place among them. */
export interface ShardsListener<K extends ShardKind> {
  /** Job that the shards belong to. */
  readonly job: string;
  /** Fires when nobody wants the rest. */
  readonly signal: AbortSignal;
  /** Results come in the order in which shards end. */
  result(place: number, result: ShardResult<K>): void;
  /** A shard has no result; the others go on. */
  failed(place: number, error: unknown): void;
  /** Work that is done of all shards that are under way, and the memory that they take. */
  progress(now: ShardProgress): void;
}

/**
 * Runs many shards, as many at a time as the runner can: so those of another caller come in between.
 * Returns when all have ended, or when the signal has fired.
 */
export async function runShards<K extends ShardKind>(
  runner: ShardRunner,
  shards: readonly Shard<K>[],
  listener: ShardsListener<K>,
): Promise<void> {
  const { job, signal } = listener;
  const rest = shards.entries();
  const underWay = new Map<number, ShardProgress>();
  const tell = () => {
    let [done, pages] = [0, 0];
    for (const one of underWay.values()) {
      done += one.done;
      pages += one.pages;
    }
    listener.progress({ done, pages });
  };
  const takeTurns = async () => {
    for (const [place, shard] of rest) {
      if (signal.aborted) return;
      const progress = (now: ShardProgress) => {
        underWay.set(place, now);
        tell();
      };
      const ended = await endOf(runner.run(shard, { name: `${job}/${place}`, signal, progress }));
      underWay.delete(place);
      if (ended.isDone) listener.result(place, ended.result);
      else if (!signal.aborted) listener.failed(place, ended.error);
    }
  };
  await Promise.all(Array.from({ length: Math.min(runner.width, shards.length) }, takeTurns));
}

type End<R> =
  | { readonly isDone: true; readonly result: R }
  | { readonly isDone: false; readonly error: unknown };

/** The end of a run as a value, so that an error of the listener is told from one of the run. */
function endOf<R>(run: Promise<R>): Promise<End<R>> {
  return run.then(
    (result) => ({ isDone: true, result }) as const,
    (error: unknown) => ({ isDone: false, error }) as const,
  );
}
