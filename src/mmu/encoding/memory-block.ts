import {
  createGuestPages,
  type GuestPages,
  type Memslot,
  type PageRuns,
  pagesInOrder,
  wordsToWrite,
} from '../machine/index.js';
import type { Vmcs12 } from '../state/index.js';
import type { ByteReader, ByteWriter } from './bytes.js';
import { type Pieces, writeInPieces } from './pieces.js';
import { readSparse, writeSparse } from './sparse.js';

/** @param memslots By number; a deleted one leaves a hole. */
export function writeMemslots(writer: ByteWriter, memslots: readonly (Memslot | null)[]): void {
  writer.list(memslots, (slot) => {
    writer.flag(slot !== null);
    if (slot === null) return;
    writer.number(slot.gfn);
    writer.number(slot.pageCount);
    writer.number(slot.hostFrame);
    writer.flag(slot.readOnly);
    writer.flag(slot.dirty !== null);
    writer.list(slot.dirty ?? [], ({ first, count }) => {
      writer.number(first);
      writer.number(count);
    });
  });
}

export function readMemslots(reader: ByteReader): (Memslot | null)[] {
  return reader.list(() => {
    if (!reader.flag()) return null;
    return {
      gfn: reader.number(),
      pageCount: reader.number(),
      hostFrame: reader.number(),
      readOnly: reader.flag(),
      dirty: readDirty(reader),
    };
  });
}

function readDirty(reader: ByteReader): PageRuns | null {
  const isLogged = reader.flag();
  const runs = reader.list(() => ({ first: reader.number(), count: reader.number() }));
  return isLogged ? runs : null;
}

/** Writes the contents of memory among the bytes. */
export function* writePages(writer: ByteWriter, pages: GuestPages): Pieces {
  yield* writeInPieces(writer, pagesInOrder(pages), ([gfn, words]) => {
    writer.number(gfn);
    writeSparse(writer, words, writer.uint);
  });
}

export function readPages(reader: ByteReader): GuestPages {
  const pages = createGuestPages();
  reader.list(() => readSparse(reader, wordsToWrite(pages, reader.number()), reader.uint));
  return pages;
}

/** The VMCS regions that L1 has touched. */
export function writeVmcs12s(writer: ByteWriter, vmcs12s: ReadonlyMap<number, Vmcs12>): void {
  writer.list(vmcs12s, ([gpa, { launched, fields }]) => {
    writer.number(gpa);
    writer.flag(launched);
    writer.list(fields, ([encoding, value]) => {
      writer.uint(encoding);
      writer.word(value);
    });
  });
}

export function readVmcs12s(reader: ByteReader): Map<number, Vmcs12> {
  const regions = reader.list(() => {
    const gpa = reader.number();
    const launched = reader.flag();
    const fields = reader.list(() => [reader.uint(), reader.word()] as const);
    return [gpa, { gpa, launched, fields: new Map(fields), foundGoodBy: null }] as const;
  });
  return new Map(regions);
}
