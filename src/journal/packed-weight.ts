import type { Chunk } from './chunk.js';
import { recordsOf } from './record.js';

/** Bytes that a packed chunk takes beside its commands, and the story of a record. */
const CHUNK_BYTES = 512;
const STORY_BYTES_PER_RECORD = 8;

/** Weight of a packed chunk, in records. */
export function packedWeight({ packed, length }: Chunk<unknown>): number {
  const bytes = (packed?.bytes.length ?? 0) + CHUNK_BYTES;
  return recordsOf(bytes + STORY_BYTES_PER_RECORD * length);
}
