import { finished } from '../../mmu/index.js';

/** Tells in steps whether a list still shows the mistake. */
export type Fails<T, Step = unknown> = (some: readonly T[]) => Generator<Step, boolean>;

/**
 * Leaves out what is not needed: halves first, then less and less, and at last one by one until
 * there is none left without which the mistake would show.
 *
 * @param fails Whether a list still shows the mistake; the whole list does.
 */
export function shrunk<T>(
  list: readonly T[],
  fails: (some: readonly T[]) => boolean,
): readonly T[] {
  return finished(
    // biome-ignore lint/correctness/useYield: it is told in one step.
    shrunkSteps(list, function* (some) {
      return fails(some);
    }),
  );
}

/** The same in steps. */
export function* shrunkSteps<T, Step>(
  list: readonly T[],
  fails: Fails<T, Step>,
): Generator<Step, readonly T[]> {
  let kept = list;
  for (let size = Math.ceil(list.length / 2); size > 1; size = Math.ceil(size / 2)) {
    kept = yield* withoutRuns(kept, size, fails);
  }
  for (;;) {
    const shorter = yield* withoutRuns(kept, 1, fails);
    if (shorter.length === kept.length) return kept;
    kept = shorter;
  }
}

function* withoutRuns<T, Step>(
  list: readonly T[],
  size: number,
  fails: Fails<T, Step>,
): Generator<Step, readonly T[]> {
  let kept = list;
  for (let at = 0; at < kept.length; ) {
    const without = [...kept.slice(0, at), ...kept.slice(at + size)];
    if (yield* fails(without)) kept = without;
    else at += size;
  }
  return kept;
}
