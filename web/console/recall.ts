/** Lines that are kept at most. */
const LINES_MAX = 200;

/** Lines that were typed, to be gone through again. */
export interface Recall {
  keep(line: string): void;
  /** The line before; `draft`, which is shown now, comes back at the end. */
  earlier(draft: string): string;
  /** The line behind; the draft behind the newest one. */
  later(shown: string): string;
}

export function createRecall(): Recall {
  const lines: string[] = [];
  let at = 0;
  let draft = '';
  return {
    keep(line) {
      if (lines.at(-1) !== line) lines.push(line);
      if (lines.length > LINES_MAX) lines.shift();
      at = lines.length;
      draft = '';
    },
    earlier(shown) {
      if (at === lines.length) draft = shown;
      at = Math.max(at - 1, 0);
      return lines[at] ?? shown;
    },
    later(shown) {
      if (at === lines.length) return shown;
      at += 1;
      return lines[at] ?? draft;
    },
  };
}
