import { mainline } from './mainline.js';
import type { Policy } from './policy.js';

/**
 * KVM rotates `prev_roots` past empty slots, so after an INVEPT that emptied a middle slot the next
 * miss still frees the last, valid root. Giving up the hole instead costs nothing.
 */
export const fillHoles: Policy = {
  ...mainline,
  name: 'fill-holes',
  summary: 'Like mainline, but an empty slot is given up before a valid root is.',
  source: 'An observation on the rotation of prev_roots',
  victimSlot(count, holes) {
    const first = holes & -holes;
    return holes === 0 ? mainline.victimSlot(count, holes) : 31 - Math.clz32(first);
  },
};
