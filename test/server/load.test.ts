import { describe, expect, test } from 'vitest';
import { Lag } from '../../src/server/http/load.js';

/** Lag after beats, each of which comes some time after the one before. */
function lagAfter(beats: readonly { wallMs: number; cpuMs: number }[]): number {
  const at = { wallMs: 0, cpuMs: 0 };
  const lag = new Lag({ ...at });
  for (const { wallMs, cpuMs } of beats) {
    at.wallMs += wallMs;
    at.cpuMs += cpuMs;
    lag.beat({ ...at });
  }
  return lag.ms;
}

const every = (wallMs: number, cpuMs: number, times: number) =>
  Array<{ wallMs: number; cpuMs: number }>(times).fill({ wallMs, cpuMs });

describe('the lag of a loop', () => {
  test('is none while its timer comes in time, however busy it is', () => {
    expect(lagAfter(every(100, 100, 10))).toBe(0);
  });

  test('is the time that it was away, if it worked meanwhile', () => {
    expect(lagAfter([{ wallMs: 1600, cpuMs: 1590 }])).toBe(1500);
  });

  test('is no more than the CPU time that it used, on a machine that others keep busy', () => {
    expect(lagAfter([{ wallMs: 12_000, cpuMs: 40 }])).toBe(40);
    expect(lagAfter(every(600, 5, 2))).toBe(5);
  });

  test('is averaged over a second, and measured anew in the next', () => {
    const blocked = [{ wallMs: 600, cpuMs: 600 }, ...every(100, 10, 4)];
    expect(lagAfter(blocked)).toBe(100);
    expect(lagAfter([...blocked, ...every(100, 10, 9)])).toBe(100);
    expect(lagAfter([...blocked, ...every(100, 10, 10)])).toBe(0);
  });
});
