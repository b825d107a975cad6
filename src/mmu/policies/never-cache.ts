import { mainline } from './mainline.js';
import type { Policy } from './policy.js';

/** A floor to compare with: the root that a switch displaces is freed at once. */
export const neverCache: Policy = {
  ...mainline,
  name: 'never-cache',
  summary: 'No cache: only the current root is kept, and a switch to another one frees it.',
  source: 'Linux before v4.19',
  costBytes: -48,
  costNote: 'Three 16-byte previous root infos are not needed.',
  victimSlot: () => -1,
};
