import { mainline } from './mainline.js';
import { ALL_DUES, type Policy } from './policy.js';

/** A floor to compare with: mainline with KVM's module parameter `flush_on_reuse` set. */
export const flushOnReuse: Policy = {
  ...mainline,
  name: 'flush-on-reuse',
  summary: 'Mainline, but every reuse of a cached root syncs and flushes it, marked or not.',
  source: "Linux's module parameter kvm.flush_on_reuse",
  requestsOnReuse: () => ALL_DUES,
};
