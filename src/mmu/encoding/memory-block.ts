import { createMemory, type GuestMemory } from '../machine/index.js';
import type { Vmcs12 } from '../state/index.js';
import type { ByteReader, ByteWriter } from './bytes.js';
import { readSparse, writeSparse } from './sparse.js';

const PAGE_WORDS = 1024;

/** Memslots, and what memory holds. */
export function writeMemory(writer: ByteWriter, { memslots, pages }: GuestMemory): void {
  writer.list(memslots, (slot) => {
    writer.flag(slot !== null);
    if (slot === null) return;
    writer.number(slot.gfn);
    writer.number(slot.pageCount);
    writer.flag(slot.dirtyLog);
  });
  writer.list(pages, ([gfn, page]) => {
    writer.number(gfn);
    writeSparse(writer, page, writer.uint);
  });
}

export function readMemory(reader: ByteReader): GuestMemory {
  const memory = createMemory(
    reader.list(() => {
      if (!reader.flag()) return null;
      return { gfn: reader.number(), pageCount: reader.number(), dirtyLog: reader.flag() };
    }),
  );
  reader.list(() => {
    const gfn = reader.number();
    memory.pages.set(gfn, readSparse(reader, new Uint32Array(PAGE_WORDS), reader.uint));
  });
  return memory;
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
    return [gpa, { gpa, launched, fields: new Map(fields) }] as const;
  });
  return new Map(regions);
}
