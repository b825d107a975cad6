import { pagesOfGfn, trackActive } from '../shadow/index.js';
import {
  createShadowPages,
  type ShadowPage,
  type ShadowPages,
  SPTES_PER_PAGE,
} from '../state/index.js';
import { BadEncoding, type ByteReader, type ByteWriter } from './bytes.js';
import type { ContentsSink, ContentsSource } from './contents.js';
import { type Pieces, writeInPieces } from './pieces.js';
import { readSparse, writeSparse } from './sparse.js';

const BITMAP_WORDS = SPTES_PER_PAGE / 32;

/** The shadow pages of a VM. What follows from their entries need not be written. */
export function* writeShadow(
  writer: ByteWriter,
  shadow: ShadowPages,
  contents: Omit<ContentsSink, 'memory'>,
): Pieces {
  writer.byte(shadow.generation);
  writer.number(shadow.nextHpa);
  yield* writeInPieces(writer, shadow.table, (page) => {
    writer.flag(page !== null);
    if (page !== null) writePage(writer, page, contents);
  });
  writer.list(shadow.freeIds, writer.uint);
  writer.list(shadow.tdpRoots, ({ id }) => writer.uint(id));
  writer.list(shadow.active, ({ id }) => writer.uint(id));
  yield* writeInPieces(writer, shadow.byGfn, ([gfn]) => {
    writer.number(gfn);
    writer.list(pagesOfGfn({ shadow }, gfn), ({ id }) => writer.uint(id));
  });
  contents.links(shadow);
}

export function readShadow(
  reader: ByteReader,
  contents: Omit<ContentsSource, 'memory'>,
): ShadowPages {
  const shadow = createShadowPages();
  shadow.generation = reader.byte();
  shadow.nextHpa = reader.number();
  let id = 0;
  shadow.table.push(
    ...reader.list(() => {
      const page = reader.flag() ? readPage(reader, id, contents) : null;
      id += 1;
      return page;
    }),
  );
  const named = () => pageOf(shadow, reader.uint());
  shadow.freeIds.push(...reader.list(reader.uint));
  shadow.tdpRoots.push(...reader.list(named));
  for (const page of reader.list(named)) shadow.active.add(page);
  reader.list(() => {
    const gfn = reader.number();
    const [newest, ...older] = reader.list(named);
    if (newest === undefined) throw new BadEncoding(`frame ${gfn} has no page`);
    shadow.byGfn.set(gfn, newest);
    let page = newest;
    for (const next of older) {
      page.sibling = next;
      page = next;
    }
  });
  contents.links(shadow);
  trackActive(shadow);
  return shadow;
}

/** The entries of a page among the bytes. @param spt Not all zero. */
export function writeEntries(writer: ByteWriter, spt: Float64Array): void {
  writeSparse(writer, spt, writer.number);
}

export function readEntries(reader: ByteReader): Float64Array {
  return readSparse(reader, new Float64Array(SPTES_PER_PAGE), reader.number);
}

function pageOf({ table }: ShadowPages, id: number): ShadowPage {
  const page = table[id] ?? null;
  if (page === null) throw new BadEncoding(`there is no page ${id}`);
  return page;
}

function writePage(
  writer: ByteWriter,
  page: ShadowPage,
  contents: Pick<ContentsSink, 'entries'>,
): void {
  writer.number(page.hpa);
  writer.number(page.gfn);
  writer.flag(page.tdp);
  writer.uint(page.role);
  writer.uint(page.rootCount);
  writer.byte(page.generation);
  writer.flag(page.unsync);
  writer.uint(page.writeFloodingCount);
  writer.flag(page.unsyncChildren > 0);
  if (page.unsyncChildren > 0) for (const word of bitmapOf(page)) writer.uint(word);
  writer.flag(page.spt !== null);
  if (page.spt !== null) contents.entries(page);
}

function readPage(
  reader: ByteReader,
  id: number,
  contents: Pick<ContentsSource, 'entries'>,
): ShadowPage {
  const page: ShadowPage = {
    id,
    hpa: reader.number(),
    gfn: reader.number(),
    tdp: reader.flag(),
    role: reader.uint(),
    rootCount: reader.uint(),
    generation: reader.byte(),
    unsync: reader.flag(),
    writeFloodingCount: reader.uint(),
    unsyncChildren: 0,
    unsyncChildBitmap: null,
    spt: null,
    isSptShared: false,
    parents: [],
    sibling: null,
  };
  if (reader.flag()) {
    page.unsyncChildBitmap = Uint32Array.from({ length: BITMAP_WORDS }, reader.uint);
    page.unsyncChildren = page.unsyncChildBitmap.reduce((sum, word) => sum + bitsIn(word), 0);
  }
  if (reader.flag()) contents.entries(page);
  return page;
}

function bitmapOf({ unsyncChildBitmap }: ShadowPage): Uint32Array {
  return unsyncChildBitmap ?? new Uint32Array(BITMAP_WORDS);
}

function bitsIn(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
