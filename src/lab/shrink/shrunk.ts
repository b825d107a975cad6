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
  let kept = list;
  for (let size = Math.ceil(list.length / 2); size > 1; size = Math.ceil(size / 2)) {
    kept = withoutRuns(kept, size, fails);
  }
  for (;;) {
    const shorter = withoutRuns(kept, 1, fails);
    if (shorter.length === kept.length) return kept;
    kept = shorter;
  }
}

function withoutRuns<T>(
  list: readonly T[],
  size: number,
  fails: (some: readonly T[]) => boolean,
): readonly T[] {
  let kept = list;
  for (let at = 0; at < kept.length; ) {
    const without = [...kept.slice(0, at), ...kept.slice(at + size)];
    if (fails(without)) kept = without;
    else at += size;
  }
  return kept;
}
