import { mainlineNx } from './mainline-nx.js';
import { mainlinePse } from './mainline-pse.js';
import { mainlinePvL2 } from './mainline-pv-l2.js';
import { mainlineSmap } from './mainline-smap.js';
import { mainlineT17 } from './mainline-t17.js';
import { mainlineVpid12 } from './mainline-vpid12.js';
import type { Mend } from './mend.js';

export type { Mend } from './mend.js';

/**
 * The holes that KVM has to this day, each closed. The museum shows them, by the same names.
 *
 * @see docs/fidelity.md, "Where KVM itself is wrong"
 */
export const MENDS = {
  'mainline-t17': mainlineT17,
  'mainline-t17-l2': mainlineT17,
  'mainline-vpid12': mainlineVpid12,
  'mainline-nx': mainlineNx,
  'mainline-nx-upper': mainlineNx,
  'mainline-pse': mainlinePse,
  'mainline-pse-set': mainlinePse,
  'mainline-smap': mainlineSmap,
  'mainline-pv-l2': mainlinePvL2,
  'mainline-hv-l2': mainlinePvL2,
} as const satisfies Record<string, Mend>;

export type HoleName = keyof typeof MENDS;
