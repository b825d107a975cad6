import { closeSync, openSync, writeSync } from 'node:fs';

/** The head of a page of the ring buffer begins with its time, in nanoseconds. */
const PAGE_BYTES = 4096;
/** Time between two copies of a recording. */
const PAUSE_NS = 1_000_000n;

/** Writes copies of a text until the file has so many bytes. @returns How many there are. */
export function writeBigText(file: string, text: Buffer, bytes: number): number {
  const descriptor = openSync(file, 'w');
  const copies = Math.ceil(bytes / text.length);
  for (let copy = 0; copy < copies; copy += 1) writeSync(descriptor, text);
  closeSync(descriptor);
  return copies;
}

/**
 * Writes a trace.dat of version 6 whose one CPU has copies of a recording, one after the other in
 * time, until it has so many bytes.
 *
 * @param dat A plain recording of version 6 with one CPU.
 * @returns How many copies there are.
 */
export function writeBigDat(file: string, dat: Buffer, bytes: number): number {
  const place = dat.indexOf('flyrecord\0', 0, 'latin1') + 'flyrecord\0'.length;
  const offset = Number(dat.readBigUInt64LE(place));
  const size = Number(dat.readBigUInt64LE(place + 8));
  const pages = dat.subarray(offset, offset + size);
  const copies = Math.ceil(bytes / size);
  const head = Buffer.from(dat.subarray(0, offset));
  head.writeBigUInt64LE(BigInt(size * copies), place + 8);
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, head);
  const last = pages.readBigUInt64LE(size - PAGE_BYTES);
  const span = last - pages.readBigUInt64LE(0) + PAUSE_NS;
  for (let copy = 0; copy < copies; copy += 1) {
    if (copy > 0) shiftTimes(pages, span);
    writeSync(descriptor, pages);
  }
  closeSync(descriptor);
  return copies;
}

function shiftTimes(pages: Buffer, by: bigint): void {
  for (let page = 0; page < pages.length; page += PAGE_BYTES) {
    pages.writeBigUInt64LE(pages.readBigUInt64LE(page) + by, page);
  }
}
