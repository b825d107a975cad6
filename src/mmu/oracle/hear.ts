import type { MmuEvent } from '../schema/index.js';
import type { Heard, Oracle, Trail, Vcpu } from '../state/index.js';

/**
 * Hears an event on its way, so that a violation can name the one that let a translation survive.
 *
 * @param seq What the event is named by.
 */
export function hear({ vcpus, command }: Oracle, vcpu: Vcpu, event: MmuEvent, seq: number): void {
  const vtlb = vcpus[vcpu.index] ?? null;
  const heard = vtlb && placeFor(vtlb.trail, event);
  if (heard === null) return;
  heard.seq = seq;
  heard.nth = command.nth;
  heard.kind = event.kind;
}

function placeFor({ root, sync, flush }: Trail, event: MmuEvent): Heard | null {
  const { kind } = event;
  if (kind === 'root-reused' || kind === 'root-allocated') return root;
  if (kind === 'root-synced') return sync;
  if (kind === 'request-serviced') return event.request === 'MMU_SYNC' ? sync : null;
  return kind === 'tlb-flushed' ? flush : null;
}
