/** Puts the entries of a map into the order of its keys. */
export function sortKeys<K extends number | string, V>(map: Map<K, V>): void {
  let last: K | null = null;
  let isSorted = true;
  for (const key of map.keys()) {
    if (last !== null && key < last) isSorted = false;
    last = key;
  }
  if (isSorted) return;
  const entries = [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}

/** Puts the members of a set of numbers into order. */
export function sortMembers(set: Set<number>): void {
  const members = [...set];
  if (isRising(members)) return;
  members.sort((a, b) => a - b);
  set.clear();
  for (const member of members) set.add(member);
}

/** Whether no number is less than the one before it. */
export function isRising(numbers: readonly number[]): boolean {
  for (let i = 1; i < numbers.length; i += 1) {
    if ((numbers[i] as number) < (numbers[i - 1] as number)) return false;
  }
  return true;
}
