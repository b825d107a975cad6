import type { MmuEvent } from '../schema/index.js';
import type { Emit, Heard, Oracle, Trail, VirtualTlb } from '../state/index.js';

/**
 * Hears the events of a command on their way, so that a violation can name the one that let a
 * translation survive.
 */
export function listen({ vcpus, command }: Oracle, emit: Emit): Emit {
  if (emit === null) return null;
  return (vcpu, event, causedBy) => {
    const seq = emit(vcpu, event, causedBy);
    const heard = placeFor((vcpus[vcpu.index] as VirtualTlb).trail, event);
    if (heard !== null) {
      heard.seq = seq;
      heard.nth = command.nth;
      heard.kind = event.kind;
    }
    return seq;
  };
}

function placeFor({ root, sync, flush }: Trail, event: MmuEvent): Heard | null {
  const { kind } = event;
  if (kind === 'root-reused' || kind === 'root-allocated') return root;
  if (kind === 'root-synced') return sync;
  if (kind === 'request-serviced' && event.request === 'MMU_SYNC') return sync;
  return kind === 'tlb-flushed' ? flush : null;
}
