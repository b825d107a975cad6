import { useEffect, useMemo, useRef } from 'preact/hooks';
import { coalesced } from '../model/coalesced.js';
import { navigate } from './router.js';

/** Milliseconds between two writes of the address: browsers allow only so many. */
const EVERY_MS = 300;

/**
 * Keeps the address of a page up to date with what it shows. A page that has been left writes none.
 *
 * @returns A function to call whenever the address may be another one.
 */
export function useToldAddress(hrefOf: () => string): () => void {
  const newest = useRef(hrefOf);
  newest.current = hrefOf;
  const isLeft = useRef(false);
  useEffect(() => {
    isLeft.current = false;
    return () => {
      isLeft.current = true;
    };
  }, []);
  return useMemo(
    () =>
      coalesced(EVERY_MS, () => {
        if (!isLeft.current) navigate(newest.current(), 'replace');
      }),
    [],
  );
}
