import type { GuestPages } from '../machine/index.js';

/** A state that is kept part by part. */
export interface PartSource {
  /** The bytes of a part, but not of memory; of the shadow pages all but their entries. */
  bytes(place: number): Uint8Array;
  memory(): GuestPages;
  /** The entries of shadow pages by id; null where all of them are zero. */
  spts(): readonly (Float64Array | null)[];
}
