import { type CpuData, type DatHead, unpack } from './head.js';
import { type ByteSource, Cursor, type Decompressors } from './source.js';

/** Bytes that are read of an unpacked CPU at once. */
const READ_BYTES = 2 ** 18;
/** Chunks of packed data at most: beyond, the count is garbage. */
const CHUNKS_MAX = 2 ** 24;

/**
 * Gives the pages of one CPU, several at once, in constant memory; null at the end. Data that
 * breaks off ends there.
 *
 * @throws {DatFlaw} If a packed chunk is broken.
 */
export function createPages(
  source: ByteSource,
  head: DatHead,
  data: CpuData,
  decompressors: Decompressors,
): () => Uint8Array | null {
  return data.isPacked
    ? packedPages(source, head, data, decompressors)
    : plainPages(source, head, data);
}

function plainPages(source: ByteSource, { pageBytes }: DatHead, { offset, size }: CpuData) {
  let at = offset;
  const end = offset + size;
  const bytesMax = Math.max(pageBytes, READ_BYTES - (READ_BYTES % pageBytes));
  return () => {
    const bytes = source.read(at, Math.min(bytesMax, end - at));
    at += bytes.length;
    const whole = bytes.length - (bytes.length % pageBytes);
    return whole === 0 ? null : bytes.subarray(0, whole);
  };
}

function packedPages(
  source: ByteSource,
  head: DatHead,
  { offset, size }: CpuData,
  decompressors: Decompressors,
) {
  if (size === 0) return () => null;
  const countBytes = source.read(offset, 4);
  let chunks = countBytes.length < 4 ? 0 : new Cursor(countBytes, head.isLittle).u32();
  let at = offset + 4;
  if (chunks > CHUNKS_MAX) chunks = 0;
  return () => {
    if (chunks === 0) return null;
    chunks -= 1;
    const sizes = source.read(at, 8);
    if (sizes.length < 8) return null;
    const cursor = new Cursor(sizes, head.isLittle);
    const [packed, unpacked] = [cursor.u32(), cursor.u32()];
    const bytes = source.read(at + 8, packed);
    at += 8 + packed;
    return bytes.length < packed ? null : unpack(head, decompressors, bytes, unpacked);
  };
}
