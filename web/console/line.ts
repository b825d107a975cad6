import type { CommandShape, FieldShape } from '../model/command-shape.js';

/** A line that was read: a command, or the reason why it is none. */
export type Line =
  | {
      readonly kind: 'command';
      readonly command: string;
      /** Null for the vCPU that is chosen beside the line. */
      readonly vcpu: number | null;
      readonly body: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'flaw'; readonly reason: string };

/**
 * Reads `mov-cr3 value=0x1000`, `mov-cr3 {"value": "0x1000"}` or a whole command in JSON. Whether
 * its fields are right is for the server to say.
 */
export function lineOf(text: string, shapes: readonly CommandShape[]): Line {
  const line = text.trim();
  try {
    if (line.startsWith('{')) return commandOf(objectIn(line), shapes);
    const name = /^\S*/.exec(line)?.[0] ?? '';
    const shape = shapeOf(name, shapes);
    const rest = line.slice(name.length).trim();
    const fields = rest.startsWith('{') ? objectIn(rest) : fieldsIn(rest, shape);
    return commandOf({ ...fields, kind: name }, shapes);
  } catch (error) {
    return { kind: 'flaw', reason: (error as Error).message };
  }
}

/** Words of a line; one within brackets or quotes has blanks of its own. */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let depth = 0;
  let isQuoted = false;
  let before = '';
  for (const char of text) {
    if (char === '"' && before !== '\\') isQuoted = !isQuoted;
    before = char;
    if (!isQuoted && /[[{]/.test(char)) depth += 1;
    if (!isQuoted && /[\]}]/.test(char)) depth -= 1;
    if (/\s/.test(char) && !isQuoted && depth <= 0) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      word += char;
    }
  }
  return word === '' ? words : [...words, word];
}

function commandOf(
  given: Readonly<Record<string, unknown>>,
  shapes: readonly CommandShape[],
): Line {
  const { kind, vcpu, ...body } = given;
  const shape = shapeOf(String(kind ?? ''), shapes);
  if (vcpu !== undefined && !(Number.isInteger(vcpu) && Number(vcpu) >= 0)) {
    throw new Error(`Cannot run it on vCPU ${JSON.stringify(vcpu)}: give its index, as in vcpu=0`);
  }
  const chosen = vcpu === undefined ? null : Number(vcpu);
  return { kind: 'command', command: shape.kind, vcpu: chosen, body };
}

function shapeOf(kind: string, shapes: readonly CommandShape[]): CommandShape {
  const shape = shapes.find((one) => one.kind === kind);
  if (shape === undefined) {
    throw new Error(
      `Cannot run "${kind}": no command is called that; the list has those there are`,
    );
  }
  return shape;
}

function objectIn(text: string): Record<string, unknown> {
  const value = jsonIn(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('Cannot read it: a command in JSON is an object');
  }
  return { ...value };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot read ${text} as JSON: ${(error as Error).message}`);
  }
}

function fieldsIn(text: string, shape: CommandShape): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const word of wordsOf(text)) {
    const [, name = '', value = ''] = /^([^=]+)=([\s\S]*)$/.exec(word) ?? [];
    if (name === '') throw new Error(`Cannot read "${word}": write a field as name=value`);
    if (fields.has(name)) throw new Error(`Cannot take ${name} twice: leave one out`);
    const field = shape.fields.find((one) => one.name === name);
    fields.set(name, name === 'vcpu' ? takenOf(value, VCPU) : takenOf(value, field));
  }
  return Object.fromEntries(fields);
}

const VCPU: Pick<FieldShape, 'takes'> = { takes: ['number'] };

/** The value that a field takes of a text. What it cannot take stays text, and the server objects. */
function takenOf(text: string, field: Pick<FieldShape, 'takes'> | undefined): unknown {
  const takes = new Set(field?.takes);
  if (takes.has('number') && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (takes.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (takes.has('null') && text === 'null') return null;
  if (/^[[{"]/.test(text)) return jsonIn(text);
  return text;
}
