import { z } from 'zod';
import { textLike } from './text.js';

/** The two MMUs of a vCPU that have roots. */
export const MmuName = z.enum(['root', 'guest']).meta({
  id: 'MmuName',
  description: "`root`: L1's MMU, or L2's without EPT. `guest`: shadows the EPT of L1 for L2.",
});
export type MmuName = z.output<typeof MmuName>;

export const PREV_ROOTS_MAX = 15;

/** The slot of a root: -1 is `current`, otherwise an index into `prevRoots`. */
export const Slot = z
  .codec(
    textLike(/^(?:current|prev(?:[0-9]|1[0-4]))$/, 'not a slot: current, or prev0 to prev14'),
    z
      .number()
      .int()
      .min(-1)
      .max(PREV_ROOTS_MAX - 1),
    {
      decode: (name) => (name === 'current' ? -1 : Number(name.slice('prev'.length))),
      encode: (slot) => (slot === -1 ? 'current' : `prev${slot}`),
    },
  )
  .meta({ id: 'Slot', description: 'Slot of a root: `current`, `prev0`, `prev1`, ...' });

/** The slot of an MMU's current root, beside the indices of `prevRoots`. */
export const CURRENT = -1;
