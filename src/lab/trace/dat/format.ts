/** A field of an event, as the kernel describes it. */
export interface EventField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly isSigned: boolean;
  readonly isArray: boolean;
}

/** An event: its number in this trace, and where its fields lie. */
export interface EventFormat {
  readonly id: number;
  readonly name: string;
  readonly fields: ReadonlyMap<string, EventField>;
  /** The line by which the kernel prints it. */
  readonly print: string;
}

const NAME = /^name:\s*(\S+)/m;
const ID = /^ID:\s*(\d+)/m;
const PRINT = /^print fmt:\s*(.*)$/m;
const FIELD = /^\s*field:(.*?)\s*;\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:(\d+);)?/gm;
const FIELD_NAME = /(\w+)\s*(\[[^\]]*\])?$/;

/**
 * Reads an event's `format` file; null if it is none.
 *
 * @see Linux "Event Formats", Documentation/trace/events.rst
 */
export function formatOf(text: string): EventFormat | null {
  const name = NAME.exec(text)?.[1];
  const id = ID.exec(text)?.[1];
  if (name === undefined || id === undefined) return null;
  const fields = new Map<string, EventField>();
  for (const [, declaration = '', offset, size, signed] of text.matchAll(FIELD)) {
    const found = FIELD_NAME.exec(declaration);
    if (found?.[1] === undefined) continue;
    const isArray = found[2] !== undefined;
    const place = { offset: Number(offset), size: Number(size), isSigned: signed === '1' };
    fields.set(found[1], { name: found[1], ...place, isArray });
  }
  return { id: Number(id), name, fields, print: PRINT.exec(text)?.[1] ?? '' };
}
