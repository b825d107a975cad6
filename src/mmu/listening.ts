import { keepBooks } from './ledger/index.js';
import { hear, type WatchedVm } from './oracle/index.js';
import type { MmuEvent } from './schema/index.js';
import type { Emit, Vcpu } from './state/index.js';

interface Listener {
  readonly emit: Emit;
  readonly telling: Emit;
}

/**
 * The last listener of each VM. It follows from the VM and `emit`, and is kept because most commands
 * of a VM have the same `emit`: a new function for each would make a step 3 % slower.
 */
const listeners = new WeakMap<WatchedVm, Listener>();

/**
 * Tells the oracle and the ledger of the events that concern them, after the listener: this is the
 * one place that knows which. They take an event's number, so where nobody listens they hear
 * nothing.
 */
export function listening(vm: WatchedVm, emit: Emit): Emit {
  if (emit === null) return null;
  let listener = listeners.get(vm);
  if (listener?.emit !== emit) {
    listener = { emit, telling: tellingBoth(vm, emit) };
    listeners.set(vm, listener);
  }
  return listener.telling;
}

function tellingBoth(vm: WatchedVm, emit: NonNullable<Emit>): Emit {
  return (vcpu: Vcpu, event: MmuEvent, causedBy?: number) => {
    const seq = emit(vcpu, event, causedBy);
    switch (event.kind) {
      case 'access':
        // A hit of the TLB tells nothing of what was flushed.
        if (event.by === 'walk') keepBooks(vm, vcpu, event);
        break;
      case 'vm-exit':
      case 'vm-entered':
      case 'request-made':
      case 'root-missed':
      case 'root-freed':
        keepBooks(vm, vcpu, event);
        break;
      case 'root-reused':
        hear(vm.oracle, vcpu, event, seq);
        break;
      case 'request-serviced':
      case 'root-allocated':
      case 'root-synced':
      case 'tlb-flushed':
        hear(vm.oracle, vcpu, event, seq);
        keepBooks(vm, vcpu, event);
        break;
      case 'root-evicted':
      case 'root-marked-unsync':
      case 'page-allocated':
      case 'page-zapped':
      case 'page-unsynced':
      case 'page-synced':
      case 'page-fault':
      case 'fault-injected':
      case 'vm-fail':
      case 'violation':
        break;
    }
    return seq;
  };
}
