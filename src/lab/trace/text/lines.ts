/** A splitter of text into lines. */
export interface LineSplitter {
  push(text: string): void;
  end(): void;
}

/** Characters of a line at most: the longest of a kprobe with every root has some 1,000. */
export const LINE_MAX = 65_536;

const RETURN = 13;

/**
 * Splits text that comes in pieces into lines, in constant memory.
 *
 * @param line Receives a text and the bounds of a line in it, without its end.
 * @param tooLong Receives the beginning of a line that is longer than {@link LINE_MAX}.
 */
export function createLineSplitter(
  line: (text: string, from: number, to: number) => void,
  tooLong: (beginning: string) => void,
): LineSplitter {
  let rest = '';
  /** The rest of a line that is too long is passed over. */
  let isSkipping = false;

  function take(text: string, from: number, to: number): void {
    if (isSkipping) isSkipping = false;
    else if (to - from > LINE_MAX) tooLong(text.slice(from, from + LINE_MAX));
    else line(text, from, text.charCodeAt(to - 1) === RETURN ? to - 1 : to);
  }

  /** Whole lines are taken where they stand: joining pieces would copy all of them. */
  function takeLines(text: string, start: number): void {
    let from = start;
    for (let to = text.indexOf('\n', from); to !== -1; to = text.indexOf('\n', from)) {
      take(text, from, to);
      from = to + 1;
    }
    rest = isSkipping ? '' : text.slice(from);
  }

  return {
    push(piece) {
      const first = piece.indexOf('\n');
      if (first === -1) rest = isSkipping ? '' : rest + piece;
      else {
        const line = rest + piece.slice(0, first);
        take(line, 0, line.length);
        takeLines(piece, first + 1);
      }
      if (rest.length <= LINE_MAX) return;
      tooLong(rest.slice(0, LINE_MAX));
      isSkipping = true;
      rest = '';
    },
    end() {
      if (rest !== '') take(rest, 0, rest.length);
      rest = '';
      isSkipping = false;
    },
  };
}
