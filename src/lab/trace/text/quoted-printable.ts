import { LINE_MAX } from './lines.js';

/** A decoder that stands before a reader of lines. */
export interface QuotedPrintable {
  take(text: string, from: number, to: number): void;
  end(): void;
}

const EQUALS = 61;
const CAPITAL_C = 67;
const SMALL_C = 99;

const ENCODING = /^content-transfer-encoding:\s*([\w-]+)\s*$/i;
const ESCAPE = /=([\dA-F]{2})/gi;
/** The signs of an encoded line: an equals sign, a tab, or a blank before the end. */
const SIGN = /=(?:3D|09|20(?:=?$))/;
/** Equals signs that are none of the encoding's; kvm_cr has one by itself, where a client may wrap. */
const BARE = /=(?![\dA-F]{2}|$)|cr_(?:read|write) \w+ =$/;
/** Bytes of an encoded line at most, and the fewest at which mail clients break one. */
const ENCODED_MAX = 76;
const BROKEN_MIN = 60;

/**
 * Undoes the encoding in which mail clients send lines with signs beyond ASCII or longer than 76
 * bytes: `=3D` is an equals sign, and a line that ends in one goes on in the next.
 *
 * A mail says so in its head. Text out of a mail without its head is told by its lines: every equals
 * sign is one of the encoding's, and one of them is among its commonest.
 *
 * @param line Receives a decoded line.
 * @see RFC 2045, "Quoted-Printable Content-Transfer-Encoding"
 */
export function createQuotedPrintable(
  line: (text: string, from: number, to: number) => void,
): QuotedPrintable {
  const nextEquals = createFinder();
  /** The head of the mail says that its body is encoded. */
  let isSaid = false;
  /** The line so far, of one that goes on in the next. */
  let begun = '';

  function give(text: string): void {
    begun = '';
    line(text, 0, text.length);
  }

  function takeEncoded(encoded: string): void {
    const goesOn = encoded.endsWith('=');
    const text = begun + decoded(goesOn ? encoded.slice(0, -1) : encoded);
    if (goesOn && text.length < LINE_MAX) begun = text;
    else give(text);
  }

  return {
    take(text, from, to) {
      const first = text.charCodeAt(from);
      if (first === CAPITAL_C || first === SMALL_C) {
        const encoding = ENCODING.exec(text.slice(from, Math.min(to, from + 80)));
        if (encoding !== null) isSaid = encoding[1]?.toLowerCase() === 'quoted-printable';
      }
      const isPlain = begun === '' && !isSaid && to - from > ENCODED_MAX;
      if (isPlain || nextEquals(text, from) >= to) {
        if (begun === '') line(text, from, to);
        else give(begun + text.slice(from, to));
        return;
      }
      const encoded = text.slice(from, to);
      if (isSaid || begun !== '' || isEncoded(encoded)) takeEncoded(encoded);
      else line(text, from, to);
    },
    end() {
      if (begun !== '') give(begun);
    },
  };
}

/** Finds the next equals sign behind places that rise, and searches no part of a text twice. */
function createFinder(): (text: string, from: number) => number {
  let searched = '';
  let before = 0;
  let found = -1;
  return (text, from) => {
    if (from <= before || found < from || text !== searched) {
      searched = text;
      found = text.indexOf('=', from);
      if (found === -1) found = Number.POSITIVE_INFINITY;
    }
    before = from;
    return found;
  };
}

/** Whether a line of at most {@link ENCODED_MAX} bytes is encoded, though no head says so. */
function isEncoded(line: string): boolean {
  if (BARE.test(line)) return false;
  const isBroken = line.charCodeAt(line.length - 1) === EQUALS && line.length >= BROKEN_MIN;
  return isBroken || SIGN.test(line);
}

function decoded(line: string): string {
  return line.replace(ESCAPE, (_escape, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}
