import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** Pixels from the end that still count as being at the end. */
const END_PX = 24;

export interface FollowedEnd {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly following: Signal<boolean>;
  readonly toEnd: () => void;
  readonly onScroll: () => void;
}

/**
 * Keeps a scroller at its end while it grows, until its reader scrolls up.
 *
 * Only a move upwards counts as the reader's: a list that grows, or wraps anew in a narrower window,
 * also moves away from its end.
 */
export function useFollowedEnd(): FollowedEnd {
  const scroller = useRef<HTMLDivElement>(null);
  const following = useSignal(true);
  const top = useRef(0);
  const toEnd = () => {
    following.value = true;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  };
  const onScroll = () => {
    if (scroller.current === null) return;
    const { scrollHeight, scrollTop, clientHeight } = scroller.current;
    if (scrollHeight - scrollTop - clientHeight < END_PX) following.value = true;
    else if (scrollTop < top.current) following.value = false;
    top.current = scrollTop;
  };
  useLayoutEffect(() => {
    if (following.peek()) toEnd();
  });
  return { scroller, following, toEnd, onScroll };
}
