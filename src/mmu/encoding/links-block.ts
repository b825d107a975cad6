import type { ShadowPages } from '../state/index.js';
import type { ByteReader, ByteWriter } from './bytes.js';

/** Links that follow from entries of shadow pages: parents of each page, mappings of each frame. */
export function writeLinks(writer: ByteWriter, { table, rmaps }: ShadowPages): void {
  for (const page of table) if (page !== null) writer.list(page.parents, writer.uint);
  writer.list(rmaps, ([gfn, refs]) => {
    writer.number(gfn);
    writer.list(refs, writer.uint);
  });
}

/** @param shadow Shadow pages that have no links yet. */
export function readLinks(reader: ByteReader, { table, rmaps }: ShadowPages): void {
  for (const page of table) {
    if (page === null) continue;
    for (let left = reader.uint(); left > 0; left -= 1) page.parents.push(reader.uint());
  }
  for (let left = reader.uint(); left > 0; left -= 1) {
    const gfn = reader.number();
    const refs: number[] = [];
    for (let rest = reader.uint(); rest > 0; rest -= 1) refs.push(reader.uint());
    rmaps.set(gfn, refs);
  }
}
