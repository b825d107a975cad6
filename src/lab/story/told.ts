import type { MmuEvent } from '../../mmu/schema/index.js';

/** A command that a VM has carried out, with its events. */
export interface Told {
  readonly seq: number;
  readonly events: readonly ToldEvent[];
}

/** An event of a command. */
export interface ToldEvent {
  readonly seq: number;
  readonly vcpu: number;
  readonly event: MmuEvent;
}
