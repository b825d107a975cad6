import { NO_MATCH } from './reader.js';
import { isOnce } from './repeated-key.js';

/** Characters that are parsed at a time, or somewhat more. */
const PIECE = 32 * 1024;

/** Levels of nesting that are read part by part; no legal body has as many. */
const DEPTH_MAX = 32;

const SPACE = /[ \t\n\r]*/y;

/** Texts with which a key may begin a prototype, or be written so that one does not see it. */
const DOUBTFUL = ['__proto__', 'constructor', '\\u'];

/**
 * Parses a long JSON text piece by piece, and yields between them, so that others can be served:
 * what is short is parsed at once, what is longer part by part.
 *
 * @returns NO_MATCH for a text that is not JSON, has a key twice or one that a parser refuses, or is
 *   nested too deep: to say what is wrong with it is left to that parser.
 */
export function* parseInPieces(text: string, piece = PIECE): Generator<void, unknown> {
  if (DOUBTFUL.some((part) => text.includes(part))) return NO_MATCH;
  const reader = new PieceReader(text, piece);
  try {
    const value = yield* reader.value();
    return reader.isAtEnd() ? value : NO_MATCH;
  } catch (error) {
    if (error instanceof SyntaxError) return NO_MATCH;
    throw error;
  }
}

class PieceReader {
  readonly #text: string;
  readonly #piece: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, piece: number) {
    this.#text = text;
    this.#piece = piece;
  }

  isAtEnd(): boolean {
    this.#skip();
    return this.#at === this.#text.length;
  }

  *value(): Generator<void, unknown> {
    this.#skip();
    const end = this.#endWithin(this.#at, this.#at + this.#piece);
    if (end !== null) {
      yield;
      return this.#parsed(this.#at, end);
    }
    const begin = this.#text[this.#at];
    if (begin === '{' || begin === '[') {
      this.#depth += 1;
      if (this.#depth > DEPTH_MAX) throw new SyntaxError('nested too deep');
      const value: unknown = yield* begin === '{' ? this.#object() : this.#list();
      this.#depth -= 1;
      return value;
    }
    // A string, which only the parser can read.
    return this.#parsed(this.#at, this.#endOfText(this.#at));
  }

  *#object(): Generator<void, unknown> {
    const object: Record<string, unknown> = {};
    this.#at += 1;
    if (this.#isNext('}')) return object;
    do {
      this.#skip();
      const key = this.#parsed(this.#at, this.#endOfText(this.#at));
      if (typeof key !== 'string' || Object.hasOwn(object, key) || !this.#isNext(':')) {
        throw new SyntaxError('no field, or one that was there');
      }
      object[key] = yield* this.value();
    } while (this.#isNext(','));
    if (!this.#isNext('}')) throw new SyntaxError('no end of an object');
    return object;
  }

  *#list(): Generator<void, unknown> {
    const list: unknown[] = [];
    this.#at += 1;
    if (this.#isNext(']')) return list;
    do {
      this.#skip();
      const end = this.#endOfItems();
      if (end === this.#at) list.push(yield* this.value());
      else {
        yield;
        const from = this.#at;
        this.#at = end;
        for (const item of parsed(`[${this.#text.slice(from, end)}]`) as unknown[]) list.push(item);
      }
    } while (this.#isNext(','));
    if (!this.#isNext(']')) throw new SyntaxError('no end of a list');
    return list;
  }

  /** End of as many whole items as make a piece; where it begins if the first is longer than one. */
  #endOfItems(): number {
    let end = this.#at;
    for (let next = this.#at; next - this.#at < this.#piece; next = end + 1) {
      const until = this.#endWithin(next, next + this.#piece);
      if (until === null) break;
      end = this.#afterSpace(until);
      if (this.#text[end] !== ',') break;
    }
    return end;
  }

  #parsed(from: number, end: number): unknown {
    this.#at = end;
    return parsed(this.#text.slice(from, end));
  }

  /** End of the value that begins at a place, after space; null if it lies beyond a bound. */
  #endWithin(from: number, most: number): number | null {
    let depth = 0;
    for (let i = this.#afterSpace(from); i < most && i < this.#text.length; ) {
      const char = this.#text[i];
      if (char === '"') i = this.#endOfText(i);
      else if (char === '{' || char === '[') {
        depth += 1;
        i += 1;
        continue;
      } else if (char === '}' || char === ']') {
        depth -= 1;
        i += 1;
      } else {
        if (depth === 0) return endOfWord(this.#text, i);
        i += 1;
        continue;
      }
      if (depth <= 0) return i;
    }
    return null;
  }

  /** End of the string that begins at a place. */
  #endOfText(at: number): number {
    for (let i = at + 1; i < this.#text.length; i += 1) {
      const char = this.#text[i];
      if (char === '\\') i += 1;
      else if (char === '"') return i + 1;
    }
    throw new SyntaxError('no end of a string');
  }

  #isNext(char: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #skip(): void {
    this.#at = this.#afterSpace(this.#at);
  }

  #afterSpace(at: number): number {
    SPACE.lastIndex = at;
    SPACE.test(this.#text);
    return SPACE.lastIndex;
  }
}

/** @throws {SyntaxError} If it is not JSON, or has a key twice. */
function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!isOnce(text, value)) throw new SyntaxError('a key twice');
  return value;
}

/** End of a number, `true`, `false` or `null`. */
function endOfWord(text: string, at: number): number {
  let i = at;
  while (i < text.length && !/[\s,\]}]/.test(text.charAt(i))) i += 1;
  return i;
}
