import { packedSpacing } from '../../journal/index.js';

/** A checkpoint of a log. */
export interface Marked {
  readonly position: number;
  readonly seq: number;
  readonly bytes: number;
}

/**
 * The checkpoints that a log can do without: all but the newest two, and of the others one for as many
 * records as a packed history has between two of them. Two, because the newest may be damaged.
 *
 * @param marked The checkpoints of a log, oldest first.
 */
export function needlessOf(marked: readonly Marked[]): Marked[] {
  const needless: Marked[] = [];
  let seq = 0;
  for (const one of marked.slice(0, -2)) {
    if (one.seq - seq < packedSpacing(one.bytes)) needless.push(one);
    else seq = one.seq;
  }
  return needless;
}
