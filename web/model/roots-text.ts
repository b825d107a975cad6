import type { WireMmu } from '../api/wire.js';

/** The current root, then `prev_roots`; `*` marks one that needs a sync or a flush. */
export function rootsText({ root, prevRoots }: WireMmu): string {
  return [root, ...prevRoots]
    .map((slot) => (slot === null ? '-' : `${slot.pgd}${slot.unsync ? '*' : ''}`))
    .join(' ');
}
