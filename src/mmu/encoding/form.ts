import { BadEncoding, type ByteReader, type ByteWriter } from './bytes.js';

/** A form of a state as bytes, and the words that its bytes begin with. */
export interface Form {
  readonly magic: number;
  readonly version: number;
  /** A state in this form, in words: "an encoded VM". */
  readonly what: string;
}

export function writeForm(writer: ByteWriter, { magic, version }: Form): void {
  writer.uint(magic);
  writer.uint(version);
}

/** @throws {BadEncoding} If the bytes do not begin as this form does. */
export function readForm(reader: ByteReader, form: Form): void {
  if (reader.uint() !== form.magic) throw new BadEncoding(`these bytes are not ${form.what}`);
  const version = reader.uint();
  if (version === form.version) return;
  throw new BadEncoding(`version ${version} is not version ${form.version}`);
}
