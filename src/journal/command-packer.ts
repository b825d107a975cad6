import type { Command } from '../mmu/schema/index.js';
import { haveOneShape, isHole } from './shape.js';

/** Version of the form; another one begins where the fields of a command change their meaning. */
export const PACKED_VERSION = 1;

/** Shapes that are known by number, and the longest of them; other commands are kept as text. */
const SHAPES_MAX = 4096;
const SHAPE_CHARACTERS_MAX = 512;

/** Number of the shape of a command that is kept as text. */
const AS_TEXT = 0;

/** Commands of a kind that are held against the next one before its shape is written. */
const SAMPLES_PER_KIND = 4;

interface Sample {
  readonly command: Command;
  readonly shape: number;
}

/** A command, and the number of records that it made: itself and its events. */
export interface PackedStep {
  readonly command: Command;
  readonly records: number;
}

/**
 * Packs commands into a few bytes each.
 *
 * The shape of a command is its JSON with a hole in place of each whole number from 0: its kind, its
 * fields, its words and truth values. A command is the number of its records, the number of its
 * shape, and the numbers in the holes, each of seven bits a byte, the low ones first. Shapes are
 * numbered from 1 in the order in which they are first met, and the numbers hold for all that one
 * packer has packed. A shape that is one of too many or too long has the number 0, and behind it
 * stand the length of the command's JSON and its UTF-8. Values are as the machine holds them, so
 * that the form does not depend on any schema.
 */
export class CommandPacker {
  /** The texts between the holes of each shape. */
  readonly #shapes: (readonly string[])[] = [];
  readonly #numbers = new Map<string, number>();
  #shapeBytes = 0;
  /** Commands of each kind that were met last, with the numbers of their shapes. */
  readonly #samples = new Map<Command['kind'], Sample[]>();

  /** Texts between the holes of each shape, in the order of their numbers from 1. */
  get shapes(): readonly (readonly string[])[] {
    return this.#shapes;
  }

  /** Bytes that the shapes take. */
  get shapeBytes(): number {
    return this.#shapeBytes;
  }

  pack(steps: Iterable<PackedStep>): Uint8Array {
    const bytes: number[] = [];
    const holes: number[] = [];
    for (const { command, records } of steps) {
      pushNumber(bytes, records);
      holes.length = 0;
      const shape = this.#shapeOf(command, holes);
      pushNumber(bytes, shape);
      if (shape === AS_TEXT) {
        const text = new TextEncoder().encode(JSON.stringify(command));
        pushNumber(bytes, text.length);
        for (const byte of text) bytes.push(byte);
      } else for (const hole of holes) pushNumber(bytes, hole);
    }
    return new Uint8Array(bytes);
  }

  /** The steps that {@link pack} was given. */
  *unpack(bytes: Uint8Array): Generator<PackedStep> {
    const reader = { bytes, at: 0 };
    while (reader.at < bytes.length) {
      const records = takeNumber(reader);
      const shape = takeNumber(reader);
      yield { records, command: this.#commandOf(reader, shape) };
    }
  }

  #commandOf(reader: Reader, shape: number): Command {
    if (shape === AS_TEXT) {
      const length = takeNumber(reader);
      const text = reader.bytes.subarray(reader.at, reader.at + length);
      reader.at += length;
      return JSON.parse(new TextDecoder().decode(text)) as Command;
    }
    const [first = '', ...others] = this.#shapes[shape - 1] ?? [];
    let text = first;
    for (const part of others) text += takeNumber(reader) + part;
    return JSON.parse(text) as Command;
  }

  /**
   * The number of a command's shape. Most commands have that of one met before, so that no text has
   * to be made.
   *
   * @param holes Empty; gets the numbers in its holes.
   */
  #shapeOf(command: Command, holes: number[]): number {
    const samples = this.#samples.get(command.kind) ?? [];
    for (const sample of samples) {
      if (haveOneShape(sample.command, command, holes)) return sample.shape;
      holes.length = 0;
    }
    const shape = this.#shapeByText(command, holes);
    if (shape === AS_TEXT) return AS_TEXT;
    if (samples.length >= SAMPLES_PER_KIND) samples.pop();
    samples.unshift({ command, shape });
    this.#samples.set(command.kind, samples);
    return shape;
  }

  #shapeByText(command: Command, holes: number[]): number {
    const parts: string[] = [''];
    addShape(parts, holes, command);
    const key = parts.join(' ');
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#shapes.length >= SHAPES_MAX || key.length > SHAPE_CHARACTERS_MAX) return AS_TEXT;
    const number = this.#shapes.push(parts);
    this.#numbers.set(key, number);
    this.#shapeBytes += 4 * key.length;
    return number;
  }
}

/** Writes a value as JSON, but puts whole numbers aside and begins a new part in their place. */
function addShape(parts: string[], holes: number[], value: unknown): void {
  if (isHole(value)) {
    holes.push(value);
    parts.push('');
    return;
  }
  if (typeof value !== 'object' || value === null) {
    append(parts, JSON.stringify(value));
    return;
  }
  const isList = Array.isArray(value);
  append(parts, isList ? '[' : '{');
  let separator = '';
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    append(parts, isList ? separator : `${separator}${JSON.stringify(key)}:`);
    separator = ',';
    addShape(parts, holes, item);
  }
  append(parts, isList ? ']' : '}');
}

function append(parts: string[], text: string): void {
  parts[parts.length - 1] += text;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

const BITS = 128;

function pushNumber(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= BITS) {
    bytes.push((rest % BITS) + BITS);
    rest = Math.floor(rest / BITS);
  }
  bytes.push(rest);
}

function takeNumber(reader: Reader): number {
  let value = 0;
  for (let scale = 1; ; scale *= BITS) {
    const byte = reader.bytes[reader.at] ?? 0;
    reader.at += 1;
    value += (byte % BITS) * scale;
    if (byte < BITS) return value;
  }
}
