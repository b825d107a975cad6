const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Pointer to a key that an object of a JSON text has twice; null if none has.
 *
 * A parser keeps the last of them, and so drops what its writer wrote. Counting tells that nothing
 * was dropped, and takes a small part of the time of parsing; only a text that fails is read again.
 *
 * @param text JSON.
 * @param value What the text was parsed into.
 * @see RFC 8259, "Objects"
 */
export function repeatedKeyIn(text: string, value: unknown): string | null {
  return isOnce(text, value) ? null : firstRepeated(text);
}

/** Whether no object of a JSON text has a key twice. @param value Value of the text. */
export function isOnce(text: string, value: unknown): boolean {
  return colonsIn(text) === keysIn(value);
}

/** Colons outside of strings: each follows a key. */
function colonsIn(text: string): number {
  let colons = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === COLON) colons += 1;
  }
  return colons;
}

/** Place of the quote that ends the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (let code = text.charCodeAt(i); code !== QUOTE; code = text.charCodeAt(i)) {
    i += code === BACKSLASH ? 2 : 1;
  }
  return i;
}

/** Keys of all objects in a parsed value, however deep they are nested. */
function keysIn(value: unknown): number {
  let keys = 0;
  const left = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) if (isObject(item)) left.push(item);
    } else if (isObject(next)) {
      // A loop, because a list of each object's values would be the most that this allocates.
      for (const key in next) {
        keys += 1;
        if (isObject(next[key])) left.push(next[key]);
      }
    }
  }
  return keys;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** An object or a list that is being read. */
interface Open {
  /** Keys so far; null for a list. */
  readonly keys: Set<string> | null;
  /** The key or index of the value that is being read. */
  at: string | number;
}

function firstRepeated(text: string): string | null {
  const open: Open[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const inner = open.at(-1);
    switch (text[i]) {
      case '{':
        open.push({ keys: new Set(), at: '' });
        break;
      case '[':
        open.push({ keys: null, at: 0 });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (typeof inner?.at === 'number') inner.at += 1;
        break;
      case '"': {
        const end = endOfString(text, i);
        if (inner?.keys && isKey(text, end)) {
          const key = JSON.parse(text.slice(i, end + 1)) as string;
          inner.at = key;
          if (inner.keys.has(key)) return pointerTo(open);
          inner.keys.add(key);
        }
        i = end;
      }
    }
  }
  return null;
}

/** Whether a string is a key: a colon follows the quote at its end. */
function isKey(text: string, end: number): boolean {
  let i = end + 1;
  while (/\s/.test(text.charAt(i))) i += 1;
  return text.charCodeAt(i) === COLON;
}

/** @see RFC 6901, "JavaScript Object Notation (JSON) Pointer" */
function pointerTo(open: readonly Open[]): string {
  return open
    .map(({ at }) => `/${String(at).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
