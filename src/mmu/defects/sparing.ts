import { type Invalidated, invalidateRoots } from '../roots/invalidate.js';
import { around, type Wrapper } from '../seam.js';

/** Invalidations pass over roots that they cover. @param spares Asked for each of these. */
export function sparing(spares: (what: Invalidated, slot: number) => boolean): Wrapper {
  return around(invalidateRoots, (sound) => (vm, vcpu, what, emit) => {
    const covers: Invalidated['covers'] = (root, slot) =>
      !spares(what, slot) && what.covers(root, slot);
    return sound(vm, vcpu, { ...what, covers }, emit);
  });
}
