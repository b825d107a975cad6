import { expect } from 'vitest';
import { type ArchitectureCase, judgeCases } from '../../conformance/judge/index.js';

export type Facts = Record<string, unknown>;

/** A case in short: its setup, its arguments, and its outcome or all of its expectation. */
export type Row = readonly [setup: Facts, args: Facts, expected: string | Facts];

export function caseOf(area: string, op: string, [setup, args, expected]: Row): ArchitectureCase {
  const expectation = typeof expected === 'string' ? { outcome: expected } : expected;
  return { id: area, area, op, setup, args, expect: expectation };
}

/** Every row must be judged right by running the model: none skipped, none wrong. */
export function allRight(area: string, op: string, rows: readonly Row[]): void {
  const verdict = judgeCases(rows.map((row) => caseOf(area, op, row)));
  expect(verdict.failures).toEqual([]);
  expect(verdict.skipped).toEqual({});
  expect(verdict.passed).toBe(rows.length);
}
