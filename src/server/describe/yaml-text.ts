import { type ScalarTag, stringify } from 'yaml';
import { flowPiecesOf, lineUp, Row } from './flow-style.js';

/** Columns of a line: of narrower ones, more of the document is indentation. */
const WIDTH = 120;

/** Lines that a part in flow style fills at most; a longer one has a line for each of its parts. */
const FLOW_LINES_MAX = 16;

/** YAML of a document: short parts in flow style, so that a reader sees more of it at once. */
export function yamlOf(document: object): string {
  const options = { aliasDuplicateObjects: false, lineWidth: WIDTH, indentSeq: false };
  return stringify(laidOut(document, 0, 0), { ...options, customTags: [FLOW], compat: 'yaml-1.1' });
}

/** Data of which each item of a list is a row, for a reader who looks things up. */
export function inRows(data: unknown): unknown {
  if (isPlain(data)) return data;
  if (Array.isArray(data)) return data.map((item) => (isPlain(item) ? item : new Row(item)));
  const parts = Object.entries(data as object);
  if (parts.every(([, part]) => isPlain(part))) return new Row(data);
  return Object.fromEntries(parts.map(([key, part]) => [key, inRows(part)]));
}

/** Pieces of a part in flow style, and the columns that are taken before it. */
class Flow {
  readonly pieces: readonly string[];
  readonly taken: number;

  constructor(pieces: readonly string[], taken: number) {
    this.pieces = pieces;
    this.taken = taken;
  }
}

const FLOW: ScalarTag = {
  tag: '!flow',
  default: true,
  identify: (value) => value instanceof Flow,
  resolve: (text) => text,
  stringify({ value }, { indent }) {
    const { pieces, taken } = value as Flow;
    return lineUp(pieces, { width: WIDTH, taken, indent });
  },
};

/**
 * @param indent Columns before the parts of a value, if they stand on lines of their own.
 * @param taken Columns before the value, if it stands on one line.
 */
function laidOut(value: unknown, indent: number, taken: number): unknown {
  if (value instanceof Row) return new Flow(flowPiecesOf(value.value), taken);
  if (isPlain(value)) return value;
  const pieces = flowPiecesOf(value);
  const width = pieces.reduce((sum, piece) => sum + piece.length + 1, 0);
  const isList = Array.isArray(value);
  if (width <= FLOW_LINES_MAX * (WIDTH - taken) || (isList && value.every(isPlain))) {
    return new Flow(pieces, taken);
  }
  if (isList) return value.map((item) => laidOut(item, indent + 2, indent + 2));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, part]) => [
      key,
      laidOut(part, indent + 2, indent + key.length + 4),
    ]),
  );
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}
