import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RequestFailed } from '../api/client.js';
import { coalesced } from './coalesced.js';

/** Milliseconds between two reads: often enough to follow a dump of thousands of entries. */
const DUMP_EVERY_MS = 300;

/** Result of the last read. `gone`: the server has no such part. */
export type Dump<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'shown'; readonly value: T }
  | { readonly kind: 'gone'; readonly reason: string };

/**
 * Reads a part of a VM anew whenever something has happened to it, while the page can be seen.
 *
 * @param head The newest sequence number of the VM.
 * @param part Names the part. A new name is read at once.
 */
export function useDump<T>(
  head: ReadonlySignal<number>,
  part: string,
  read: () => Promise<T>,
): Dump<T> {
  const dump = useSignal<Dump<T>>({ kind: 'loading' });
  // `read` is a new function each time, so `part` alone tells whether another part is read.
  useEffect(() => {
    let isWanted = true;
    dump.value = { kind: 'loading' };
    const ask = coalesced(DUMP_EVERY_MS, async () => {
      if (!isWanted) return;
      const next = await read().then(shown, (failure: RequestFailed) =>
        failed(dump.peek(), failure),
      );
      if (isWanted) dump.value = next;
    });
    const look = () => {
      if (document.visibilityState === 'visible') ask();
    };
    const unsubscribe = head.subscribe(look);
    document.addEventListener('visibilitychange', look);
    return () => {
      isWanted = false;
      unsubscribe();
      document.removeEventListener('visibilitychange', look);
    };
  }, [part, head]);
  return dump.value;
}

function shown<T>(value: T): Dump<T> {
  return { kind: 'shown', value };
}

/** Keeps the old value while there is no answer. */
function failed<T>(before: Dump<T>, { status, message }: RequestFailed): Dump<T> {
  return status === 404 ? { kind: 'gone', reason: message } : before;
}
