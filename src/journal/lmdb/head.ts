import { seal, unsealed } from '../log/index.js';
import type { placesIn } from './places.js';

/** The facts of a log that are known without reading it. */
export interface Head {
  readonly position: number;
  readonly bytes: number;
  readonly note: Uint8Array;
}

const FIELDS_BYTES = 16;

export function headToBytes({ position, bytes, note }: Head): Buffer {
  const body = new Uint8Array(FIELDS_BYTES + note.length);
  const view = new DataView(body.buffer);
  view.setFloat64(0, position, true);
  view.setFloat64(8, bytes, true);
  body.set(note, FIELDS_BYTES);
  return Buffer.from(seal(body));
}

/** The inverse of {@link headToBytes}; null if the bytes were changed. */
export function headFrom(sealed: Uint8Array): Head | null {
  const body = unsealed(sealed);
  if (body === null || body.length < FIELDS_BYTES) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return {
    position: view.getFloat64(0, true),
    bytes: view.getFloat64(8, true),
    note: body.subarray(FIELDS_BYTES),
  };
}

type Places = ReturnType<typeof placesIn>;

/** The head of a log whose own was damaged, by what there is; nobody knows the note. */
export function headOf(kept: { readonly records: Places; readonly checkpoints: Places }): Head {
  const { records, checkpoints } = kept;
  const bytes = [...records, ...checkpoints].reduce((sum, one) => sum + one.bytes, 0);
  return { position: records.at(-1)?.place[1] ?? 0, bytes, note: new Uint8Array() };
}
