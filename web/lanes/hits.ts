import Flatbush from 'flatbush';
import type { Box, Flag, Layout } from './layout.js';

/** Things that lie under a point. */
export interface Hit {
  readonly box: Box | null;
  readonly flag: Flag | null;
}

/** Finds what lies under a point of a picture. */
export interface Hits {
  at(x: number, y: number): Hit;
}

/** A flag is a thin line: it is hit this many pixels beside it. */
const FLAG_REACH = 5;

/** Indexes a picture. Built when it is first asked, and so not for pictures that nobody touches. */
export function hitsOf(layout: Layout): Hits {
  let index: Flatbush | null = null;
  return {
    at(x, y) {
      index ??= indexOf(layout);
      const flag = layout.flags.find(
        (one) => Math.abs(one.x - x) <= FLAG_REACH && y >= one.y && y <= one.y + one.height,
      );
      const found = index === null ? [] : index.search(x, y, x, y);
      // The narrowest: one that is drawn wider than it is may lie over its neighbour.
      const boxes = found.flatMap((at) => layout.boxes[at] ?? []);
      const [box = null] = boxes.sort((a, b) => a.width - b.width);
      return { box, flag: flag ?? null };
    },
  };
}

function indexOf({ boxes }: Layout): Flatbush | null {
  if (boxes.length === 0) return null;
  const index = new Flatbush(boxes.length);
  for (const { x, y, width, height } of boxes) index.add(x, y, x + width, y + height);
  index.finish();
  return index;
}
