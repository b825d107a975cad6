import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Chunk, createChunk } from '../../src/journal/chunk.js';
import { HistoryBudget } from '../../src/journal/index.js';
import { bytesOf, type StateScale } from '../../src/journal/record.js';
import { StateWeights } from '../../src/journal/state-weights.js';

/** Parts of a state, of a record's bytes each. A part that is gone does not come again. */
type State = ReadonlySet<number>;

const SCALE: StateScale<State> = {
  bytesOf: () => 0,
  bytesBeyond: (state, other) => bytesOf([...state].filter((part) => !other?.has(part)).length),
};

/** Keeps states as a history does, of which the ones with these indices give their checkpoint up. */
function kept(states: readonly State[], given: readonly number[]): Chunk<State>[] {
  const budget = new HistoryBudget(1_000_000);
  const weights = new StateWeights(budget, SCALE);
  const chunks = states.map((state, seq) => {
    const chunk = createChunk<State>(seq, { seq, state, made: new Map() }, () => {});
    budget.enlist(chunk);
    weights.keep(chunk, state);
    return chunk;
  });
  for (const index of given) {
    const chunk = chunks[index] as Chunk<State>;
    const holds = ({ anchor }: Chunk<State>) => anchor !== 'older';
    const before = chunks.slice(0, index).findLast(holds) ?? null;
    const behind = chunks.slice(index + 1).find(holds) ?? null;
    weights.release(chunk, { before, behind });
    chunk.anchor = 'older';
  }
  expect(budget.records).toBe(chunks.reduce((sum, { weight }) => sum + weight, 0));
  return chunks;
}

const weightsOf = (chunks: readonly Chunk<State>[]) =>
  chunks.filter(({ anchor }) => anchor !== 'older').map(({ stateWeight }) => stateWeight);

test('what a checkpoint that goes shared with the one before stays counted', () => {
  const states = [new Set([1, 2]), new Set([1, 3]), new Set([3, 4])];
  expect(weightsOf(kept(states, []))).toEqual([1, 1, 0]);
  expect(weightsOf(kept(states, [1]))).toEqual([2, 0]);
});

test('states weigh the same as if those that went had never been kept', () => {
  const births = fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(births, fc.array(fc.nat(7), { maxLength: 6 }), (spans, wanted) => {
      const states = Array.from(
        { length: 9 },
        (_, at) => new Set(spans.flatMap(([a, b], part) => (a <= at && at < a + b ? [part] : []))),
      );
      // As the history thins its checkpoints: from the oldest on, and never the first.
      const given = [...new Set(wanted)].map((index) => index + 1).sort((a, b) => a - b);
      const left = states.filter((_, index) => !given.includes(index));
      const inner = given.filter((index) => index < 8);
      const all = inner.length === given.length ? left : [...left, states[8] as State];
      expect(weightsOf(kept(states, inner))).toEqual(weightsOf(kept(all, [])));
    }),
    { seed: 14, numRuns: 200 },
  );
});
