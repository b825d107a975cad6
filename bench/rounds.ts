/** Rounds of a comparison: odd, so that the median is a measured value. */
const ROUNDS = 5;

/**
 * Runs two contenders in turn, so that other load on the machine affects both alike.
 *
 * @param measure Returns a time or a rate. The first call for each contender does not count.
 * @returns The median of each.
 */
export async function compare(
  measure: { readonly ours: Measure; readonly rival: Measure },
  rounds = ROUNDS,
): Promise<{ ours: number; rival: number }> {
  await measure.ours();
  await measure.rival();
  const ours: number[] = [];
  const rival: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    ours.push(await measure.ours());
    rival.push(await measure.rival());
  }
  return { ours: medianOf(ours), rival: medianOf(rival) };
}

/** Median of several rounds, after one that does not count. */
export async function repeat(measure: Measure, rounds = ROUNDS): Promise<number> {
  await measure();
  const values: number[] = [];
  for (let i = 0; i < rounds; i += 1) values.push(await measure());
  return medianOf(values);
}

export type Measure = () => number | Promise<number>;

/**
 * Median of values; for an even number of them, the upper of the middle two.
 *
 * @param values At least one.
 */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/**
 * Seconds of processor time that `work` takes, on all threads of this process: what else runs on the
 * machine adds little to it.
 */
export function cpuSecondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Seconds that `work` takes. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
