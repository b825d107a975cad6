import type { Guest } from '../guest.js';
import { enlightened } from './enlightened.js';
import { hostile } from './hostile.js';
import { hypervisor } from './hypervisor.js';
import { pae } from './pae.js';
import { thirtyTwoBit } from './thirty-two-bit.js';

/** Every guest by its name, in the order in which trials take them: a new one is a file and a line. */
export const GUESTS = {
  hypervisor,
  hostile,
  pae,
  '32-bit': thirtyTwoBit,
  enlightened,
} as const satisfies Record<string, Guest>;

export type GuestName = keyof typeof GUESTS;

export const GUEST_NAMES = Object.keys(GUESTS) as [GuestName, ...GuestName[]];

export function guestOf(name: GuestName): Guest {
  return GUESTS[name];
}
