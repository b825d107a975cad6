import type { MmuEvent } from '../schema/index.js';
import type { Emit, Oracle, Trail, VirtualTlb } from '../state/index.js';

/**
 * Hears the events of a command on their way, so that a violation can name the one that let a
 * translation survive.
 */
export function listen({ vcpus, command }: Oracle, emit: Emit): Emit {
  if (emit === null) return null;
  return (vcpu, event, causedBy) => {
    const seq = emit(vcpu, event, causedBy);
    note((vcpus[vcpu.index] as VirtualTlb).trail, event, { seq, nth: command.nth });
    return seq;
  };
}

function note(trail: Trail, event: MmuEvent, at: { seq: number; nth: number }): void {
  const { kind } = event;
  if (kind === 'root-reused' || kind === 'root-allocated') trail.root = { ...at, kind };
  else if (kind === 'root-synced') trail.sync = { ...at, kind };
  else if (kind === 'request-serviced' && event.request === 'MMU_SYNC')
    trail.sync = { ...at, kind };
  else if (kind === 'tlb-flushed') trail.flush = { ...at, kind };
}
