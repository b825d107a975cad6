/** A measurement and its time. */
export interface Sample {
  readonly seconds: number;
  readonly bytes: number;
}

/**
 * Bytes by which a thread varies from one shard to the next: a search may take 64 MiB, and garbage as
 * much. In an hour a leak soon exceeds that.
 */
const THREAD_BYTES = 128 * 1024 * 1024;

/** A sample, and the threads that the process had. */
export interface ThreadedSample extends Sample {
  readonly threads: number;
}

/** Trend of memory over the second half of a run, when everything has met its bound. */
export interface Trend {
  readonly samples: number;
  readonly meanBytes: number;
  /** Bytes by which the line of least squares rises over the half. */
  readonly riseBytes: number;
  readonly isFlat: boolean;
}

/** Least number of samples for a trend. */
const SAMPLES_MIN = 5;

/** Rise that always counts as flat, because garbage collection varies by as much. */
const RISE_BYTES = 16 * 1024 * 1024;

/** Share of the mean by which a flat line may rise over the half. A leak soon exceeds it. */
const RISE_SHARE = 0.05;

/**
 * The trend over the second half of a run; null if there are too few samples.
 *
 * @param shardThreads Threads for shards in all of the samples, each of which varies with its shard.
 */
export function trendOf(
  samples: readonly Sample[],
  seconds: number,
  shardThreads = 0,
): Trend | null {
  const half = samples.filter((sample) => sample.seconds >= seconds / 2);
  if (half.length < SAMPLES_MIN) return null;
  const meanBytes = meanOf(half.map(({ bytes }) => bytes));
  const meanSeconds = meanOf(half.map((sample) => sample.seconds));
  let covariance = 0;
  let variance = 0;
  for (const { seconds: at, bytes } of half) {
    covariance += (at - meanSeconds) * (bytes - meanBytes);
    variance += (at - meanSeconds) ** 2;
  }
  const riseBytes = (covariance / variance) * (seconds / 2);
  const varies = shardThreads * THREAD_BYTES;
  const isFlat = riseBytes <= Math.max(RISE_BYTES, RISE_SHARE * meanBytes) + varies;
  return { samples: half.length, meanBytes, riseBytes, isFlat };
}

/**
 * The samples of the most frequent number of threads. A thread for shards brings a heap of its own, some
 * 60 MiB and more, and takes it away again: whether it is there says nothing about what is kept.
 */
export function ofUsualThreads(samples: readonly ThreadedSample[]): ThreadedSample[] {
  const byThreads = new Map<number, ThreadedSample[]>();
  for (const sample of samples) {
    const alike = byThreads.get(sample.threads) ?? [];
    byThreads.set(sample.threads, [...alike, sample]);
  }
  return [...byThreads.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

/** A heap after a full collection. */
export interface CollectedHeap {
  /** Names the heap: each thread has one. */
  readonly isolate: string;
  readonly bytes: number;
}

/** The heap after a full collection, from a line that Node prints under `--trace-gc`. */
export function heapAfterCollection(line: string): CollectedHeap | null {
  const found = /^\[\d+:(0x[0-9a-f]+)\].*Mark-Compact.* -> ([\d.]+) \([\d.]+\) MB/.exec(line);
  if (found === null) return null;
  const [, isolate = '', after] = found;
  return { isolate, bytes: Number(after) * 1024 * 1024 };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
