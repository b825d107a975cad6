import { answersPerSecond } from './http-load.js';
import { repeat } from './rounds.js';
import type { Finding } from './row.js';

/** A request that is asked again and again. */
interface Asked {
  readonly work: string;
  readonly port: number;
  readonly request: Buffer;
  /** Requests of a round. */
  readonly times: number;
  /** Milliseconds at most. */
  readonly goal: number;
}

/** Time of one request, in milliseconds, where each waits for the answer before it. */
export async function oneByOne({ work, port, request, times, goal }: Asked): Promise<Finding> {
  const load = { port, request, connections: 1, answers: times };
  const value = await repeat(async () => 1000 / (await answersPerSecond(load)));
  return {
    work: `${work}, by HTTP`,
    measured: { value, unit: 'ms' },
    rival: null,
    ratio: null,
    goal: { of: 'measured', at: 'most', value: goal },
    notes: [],
  };
}
