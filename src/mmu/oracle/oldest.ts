/**
 * Where the search for the oldest key of each full map goes on. Whatever lies before it is deleted,
 * and a key that is set again goes to the end: so it follows from the map, and is kept because a
 * search from the beginning passes everything that was deleted since the map was last tidied up.
 */
const cursors = new WeakMap<object, Iterator<unknown>>();

/** Deletes the key that was set first. @param map Deleted from in other ways too, or emptied. */
export function deleteOldest<K>(map: Map<K, unknown>): void {
  const cursor = cursors.get(map);
  const next = cursor?.next();
  if (next !== undefined && next.done !== true) {
    map.delete(next.value as K);
    return;
  }
  // There is no cursor yet, or it has come to the end and stays there.
  const first = map.keys();
  cursors.set(map, first);
  const { done, value } = first.next();
  if (done !== true) map.delete(value);
}
