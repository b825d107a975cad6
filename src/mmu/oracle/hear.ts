import type { MmuEventOf } from '../schema/index.js';
import type { Heard, Oracle, Trail, Vcpu } from '../state/index.js';

/** Events that could have brought a root or an entry into step. */
type Audible = MmuEventOf<
  'root-reused' | 'root-allocated' | 'root-synced' | 'request-serviced' | 'tlb-flushed'
>;

/**
 * Hears an event on its way, so that a violation can name the one that let a translation survive.
 *
 * @param seq Number of the event.
 */
export function hear({ vcpus, command }: Oracle, vcpu: Vcpu, event: Audible, seq: number): void {
  const vtlb = vcpus[vcpu.index] ?? null;
  const heard = vtlb && placeFor(vtlb.trail, event);
  if (heard === null) return;
  heard.seq = seq;
  heard.nth = command.nth;
  heard.kind = event.kind;
}

function placeFor({ root, sync, flush }: Trail, event: Audible): Heard | null {
  switch (event.kind) {
    case 'root-reused':
    case 'root-allocated':
      return root;
    case 'root-synced':
      return sync;
    case 'request-serviced':
      return event.request === 'MMU_SYNC' ? sync : null;
    case 'tlb-flushed':
      return flush;
  }
}
