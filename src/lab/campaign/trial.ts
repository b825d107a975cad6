import type { Machine } from './guest.js';
import type { GuestName } from './guests/index.js';

/** A guest, a machine and a seed, which decide every command. */
export interface Trial extends Machine {
  readonly guest: GuestName;
  readonly seed: number;
}
