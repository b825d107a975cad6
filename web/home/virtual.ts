import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

/** A long list, of which only the rows on the screen are drawn. */
export interface VirtualRows {
  readonly items: readonly VirtualItem[];
  /** Height of all rows in pixels. */
  readonly height: number;
}

interface Options {
  readonly count: number;
  readonly rowPixels: number;
  readonly scroller: RefObject<HTMLElement | null>;
}

/** Rows above and below the screen that are drawn as well. */
const OVERSCAN = 6;

export function useVirtual({ count, rowPixels, scroller }: Options): VirtualRows {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPixels,
    overscan: OVERSCAN,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(0),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  virtualizer.setOptions(options);
  const measured = useRef(rowPixels);
  if (measured.current !== rowPixels) {
    measured.current = rowPixels;
    // Forgets the heights of the rows, which it keeps.
    virtualizer.measure();
  }
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return { items: virtualizer.getVirtualItems(), height: virtualizer.getTotalSize() };
}
