import { invalidateIn } from '../roots/invalidate-address.js';
import { CURRENT } from '../schema/index.js';
import { around } from '../seam.js';

/** An address is invalidated in the current root, and in no other. */
export const currentAlone = around(invalidateIn, (sound) => (vm, vcpu, what, emit) => {
  const covers: typeof what.covers = (pgd, slot) => slot === CURRENT && what.covers(pgd, slot);
  sound(vm, vcpu, { ...what, covers }, emit);
});
