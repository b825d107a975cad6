/** A value that is written in flow style, however long it is. */
export class Row {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/**
 * Pieces of a value in the flow style of YAML: between two of them a line may end.
 *
 * @see YAML 1.2, "Flow Collection Styles" and "Line Folding"
 */
export function flowPiecesOf(value: unknown): string[] {
  if (value instanceof Row) return flowPiecesOf(value.value);
  if (typeof value === 'string') return wordOf(value).split(LONE_SPACE);
  if (typeof value !== 'object' || value === null) return [JSON.stringify(value)];
  const isList = Array.isArray(value);
  const [open, close] = isList ? '[]' : '{}';
  const parts = Object.entries(value).map(([key, part]) => {
    const pieces = flowPiecesOf(part);
    return isList ? pieces : [`${wordOf(key)}: ${pieces[0]}`, ...pieces.slice(1)];
  });
  const pieces = parts.flatMap((part, index) =>
    index === parts.length - 1 ? part : [...part.slice(0, -1), `${part.at(-1)},`],
  );
  if (pieces.length === 0) return [`${open}${close}`];
  pieces[0] = `${open}${pieces[0]}`;
  pieces[pieces.length - 1] += String(close);
  return pieces;
}

/**
 * Text of the pieces, in lines as full as possible.
 *
 * @param taken Columns before the first piece.
 */
export function lineUp(
  pieces: readonly string[],
  { width, taken, indent }: { width: number; taken: number; indent: string },
): string {
  let text = '';
  let column = taken;
  for (const piece of pieces) {
    const isFirst = text === '';
    if (isFirst || column + 1 + piece.length <= width) {
      text += isFirst ? piece : ` ${piece}`;
      column += isFirst ? piece.length : piece.length + 1;
    } else {
      text += `\n${indent}${piece}`;
      column = indent.length + piece.length;
    }
  }
  return text;
}

/** A text, without quotes if no reader of YAML takes it for anything else. */
function wordOf(text: string): string {
  return PLAIN.test(text) && !RESERVED.test(text) ? text : JSON.stringify(text);
}

/** A reader folds a line's end to one space, and drops spaces around it. */
const LONE_SPACE = /(?<! ) (?! )/;

/** Begins like a word, and holds nothing that separates, quotes or comments. */
const PLAIN = /^[A-Za-z_$][\w$./()`'+*=-]*(?: [\w$./()`'+*=-]+)*$/;

/** Words of YAML 1.1 and 1.2 that are no texts. */
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
