import type { Command, MmuEvent } from '../../mmu/schema/index.js';

/** A command of a history. */
export interface PastCommand {
  readonly type: 'command';
  readonly seq: number;
  readonly vcpu: number;
  readonly command: Command;
}

/** An event of a history. */
export interface PastEvent {
  readonly type: 'event';
  readonly seq: number;
  /** `seq` of its command. */
  readonly command: number;
  readonly causedBy: number | null;
  readonly vcpu: number;
  readonly event: MmuEvent;
}

/** A reset, or a restored snapshot. */
export interface PastRewound {
  readonly type: 'rewound';
  readonly seq: number;
}

export type PastRecord = PastCommand | PastEvent | PastRewound;

/** A history that questions are asked of. */
export interface Past {
  readonly head: number;
  /** The record with this `seq`, if it is kept. */
  at(seq: number): PastRecord | undefined;
}
