import type { CountParameter, FlagParameter } from './workload.js';

/** A whole number from `min` to `max`, both included. */
export function count(
  summary: string,
  { min = 1, max, by }: { min?: number; max: number; by: number },
): CountParameter {
  return { kind: 'count', summary, min, max, default: by };
}

/** How many times in a hundred something happens. */
export function percent(summary: string, by: number): CountParameter {
  return count(summary, { min: 0, max: 100, by });
}

/** How often something happens, beside the other weights. */
export function weight(of: string, by: number): CountParameter {
  return count(`Weight of ${of}.`, { min: 0, max: 100, by });
}

export function flag(summary: string, by: boolean): FlagParameter {
  return { kind: 'flag', summary, default: by };
}
