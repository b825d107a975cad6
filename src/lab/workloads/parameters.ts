import type { CountParameter, FlagParameter } from './workload.js';

/** A whole number from `min` to `max`, both included. */
export function count(
  summary: string,
  { min = 1, max, by }: { min?: number; max: number; by: number },
): CountParameter {
  return { kind: 'count', summary, min, max, default: by };
}

/** A parameter that counts chances in a hundred. */
export function percent(summary: string, by: number): CountParameter {
  return count(summary, { min: 0, max: 100, by });
}

/** A parameter that weighs an action against the others. */
export function weight(of: string, by: number): CountParameter {
  return count(`Weight of ${of}.`, { min: 0, max: 100, by });
}

export function flag(summary: string, by: boolean): FlagParameter {
  return { kind: 'flag', summary, default: by };
}
