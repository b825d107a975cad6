import type { EventRing, Recorder, RewoundRecord } from '../journal/index.js';
import type { Vm } from '../mmu/index.js';
import type { Labels } from './labels.js';
import type { Lease } from './ttl.js';

/** A VM that the fleet holds. */
export interface FleetVm {
  readonly id: string;
  /** Rises by one a VM: what a cursor of the list points to. */
  readonly number: number;
  /** Its state; another one stands here once the VM was taken back. */
  vm: Vm;
  /** Where its first state comes from; null if from its configuration. */
  readonly origin: Origin | null;
  readonly ring: EventRing;
  readonly recorder: Recorder;
  /** Room that it took when it was last looked at, in pages of 4 KiB. */
  pages: number;
  /** Why no command can be applied any more; null while all is well. */
  poison: string | null;
  labels: Labels;
  /** What deletes it once it is idle for long; null if nothing does. */
  lease: Lease | null;
}

/** The VM that another one was forked from, and when. */
export interface Origin {
  readonly vm: string;
  readonly seq: number;
}

/** What a record says of where a VM was taken back to. */
export type RewoundTo = Pick<RewoundRecord, 'snapshot' | 'to' | 'state'>;

/** Where the fleet tells whoever runs it what no caller is told. */
export interface FleetLog {
  error(details: object, message: string): void;
  info(details: object, message: string): void;
}
