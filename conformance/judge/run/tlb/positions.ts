import type { CachedEntry, Where } from '../../attempt/cell.js';
import type { EptName, Pcid } from './layout.js';
import type { Position } from './two-guests.js';

/** VPID that a case means by `cur`. */
export function currentVpidOf(where: Where): 0 | 1 {
  return where === 'alone' ? 0 : 1;
}

export function positionFor(where: Where): Position {
  switch (where) {
    case 'alone':
    case 'root':
      return { guest: 'l1', vpid: 0, ept: 0, pcid: 0 };
    case 'l2':
      return { guest: 'l2', vpid: 1, ept: 0, pcid: 0 };
    case 'l2-ept':
      return { guest: 'l2', vpid: 1, ept: 1, pcid: 0 };
    case 'l2-ept-without-vpid':
      return { guest: 'l2', vpid: 0, ept: 1, pcid: 0 };
  }
}

/**
 * Position in which the entry is made: a use of it could be made there again. A linear one under VPID 0 is
 * L1's own.
 *
 * @param vpid What `cur` means: 0 where L1 is alone, else the VPID of L2.
 */
export function positionOf(
  { kind, vpid: whose, pcid: which, ep4ta }: CachedEntry,
  vpid: 0 | 1,
): Position {
  const pcid: Pcid = which === 'cur' ? 0 : 1;
  const own = whose === 'cur' ? vpid : whose === 'other' ? 2 : 0;
  const chosen: EptName = ep4ta === 'cur' ? 1 : 2;
  const ept: EptName = kind === 'linear' ? 0 : chosen;
  const guest = kind === 'linear' && own === 0 ? 'l1' : 'l2';
  return { guest, vpid: own, ept, pcid };
}
