import type { Command } from '../mmu/schema/index.js';
import { PackedBytes, PackedReader } from './packed-bytes.js';
import { hasShape, isHole, type Shape, shapeOf } from './shape.js';

/** Version of the form; another one begins where the fields of a command change their meaning. */
export const PACKED_VERSION = 1;

/** Shapes that are known by number, and the longest of them; other commands are kept as text. */
const SHAPES_MAX = 4096;
const SHAPE_CHARACTERS_MAX = 512;

/** Number of the shape of a command that is kept as text. */
const AS_TEXT = 0;

/** Shapes of a kind that the next command is held against before its own is written. */
const SAMPLES_PER_KIND = 4;

interface Sample {
  readonly shape: Shape;
  readonly number: number;
}

const NO_SAMPLES: readonly Sample[] = [];

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
  /** Shapes of each kind that were met last, with their numbers. */
  readonly #samples = new Map<Command['kind'], Sample[]>();
  readonly #bytes = new PackedBytes();

  /** Texts between the holes of each shape, in the order of their numbers from 1. */
  get shapes(): readonly (readonly string[])[] {
    return this.#shapes;
  }

  /** Bytes that the shapes take. */
  get shapeBytes(): number {
    return this.#shapeBytes;
  }

  /** Takes shapes that another packer has numbered. @param after Number of the last one before them. */
  learn(after: number, shapes: Iterable<readonly string[]>): void {
    let number = after;
    for (const parts of shapes) {
      number += 1;
      if (number <= this.#shapes.length) continue;
      if (number !== this.#shapes.length + 1) throw new RangeError(`No shape before ${number}`);
      this.#add(parts);
    }
  }

  pack(steps: Iterable<PackedStep>): Uint8Array {
    for (const { command, records } of steps) this.add(command, records);
    return this.finish();
  }

  /** Packs one more step. @param records As those of {@link PackedStep}. */
  add(command: Command, records: number): void {
    this.#bytes.addNumber(records);
    if (!this.#packLike(command)) this.#packByText(command);
  }

  /** The steps that were added since it was last asked. */
  finish(): Uint8Array {
    return this.#bytes.finish();
  }

  /** The steps that {@link pack} was given. */
  *unpack(bytes: Uint8Array): Generator<PackedStep> {
    const reader = new PackedReader(bytes);
    while (!reader.isAtEnd) {
      const records = reader.takeNumber();
      yield { records, command: this.#commandOf(reader) };
    }
  }

  /** The number of records of each step, without its command. */
  *recordCounts(bytes: Uint8Array): Generator<number> {
    const reader = new PackedReader(bytes);
    while (!reader.isAtEnd) {
      yield reader.takeNumber();
      const shape = reader.takeNumber();
      if (shape === AS_TEXT) reader.takeBytes(reader.takeNumber());
      const holes = (this.#shapes[shape - 1]?.length ?? 1) - 1;
      for (let hole = 0; hole < holes; hole += 1) reader.takeNumber();
    }
  }

  #commandOf(reader: PackedReader): Command {
    const shape = reader.takeNumber();
    if (shape === AS_TEXT) {
      const text = reader.takeBytes(reader.takeNumber());
      return JSON.parse(new TextDecoder().decode(text)) as Command;
    }
    const [first = '', ...others] = this.#shapes[shape - 1] ?? [];
    let text = first;
    for (const part of others) text += reader.takeNumber() + part;
    return JSON.parse(text) as Command;
  }

  /** Packs a command whose shape is one of those met before, as that of most is, without a text. */
  #packLike(command: Command): boolean {
    const bytes = this.#bytes;
    const start = bytes.length;
    for (const { shape, number } of this.#samples.get(command.kind) ?? NO_SAMPLES) {
      bytes.addNumber(number);
      if (hasShape(shape, command, bytes)) return true;
      bytes.cutAt(start);
    }
    return false;
  }

  #packByText(command: Command): void {
    const holes: number[] = [];
    const shape = this.#shapeByText(command, holes);
    this.#bytes.addNumber(shape);
    if (shape === AS_TEXT) {
      const text = new TextEncoder().encode(JSON.stringify(command));
      this.#bytes.addNumber(text.length);
      this.#bytes.addBytes(text);
      return;
    }
    for (const hole of holes) this.#bytes.addNumber(hole);
    const samples = this.#samples.get(command.kind) ?? [];
    if (samples.length >= SAMPLES_PER_KIND) samples.pop();
    samples.unshift({ shape: shapeOf(command), number: shape });
    this.#samples.set(command.kind, samples);
  }

  #shapeByText(command: Command, holes: number[]): number {
    const parts: string[] = [''];
    addShape(parts, holes, command);
    const key = keyOf(parts);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#shapes.length >= SHAPES_MAX || key.length > SHAPE_CHARACTERS_MAX) return AS_TEXT;
    return this.#add(parts);
  }

  #add(parts: readonly string[]): number {
    const key = keyOf(parts);
    const number = this.#shapes.push(parts);
    this.#numbers.set(key, number);
    this.#shapeBytes += 4 * key.length;
    return number;
  }
}

function keyOf(parts: readonly string[]): string {
  return parts.join(' ');
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
