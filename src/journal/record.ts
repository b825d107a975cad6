import type { Command, MmuEvent, Outcome } from '../mmu/schema/index.js';

/** A command that was applied, as it is kept and as a stream carries it. */
export interface CommandRecord {
  readonly type: 'command';
  readonly vm: string;
  readonly seq: number;
  readonly vcpu: number;
  readonly command: Command;
  readonly outcome: Outcome;
}

/** What the MMU did in the course of a command. */
export interface EventRecord {
  readonly type: 'event';
  readonly vm: string;
  readonly seq: number;
  /** `seq` of the command in whose course it happened. */
  readonly command: number;
  /** `seq` of the event that caused it, where another event did. */
  readonly causedBy: number | null;
  readonly vcpu: number;
  readonly event: MmuEvent;
}

/** One step of a VM's history. A VM numbers its commands and events with one counter. */
export type HistoryRecord = CommandRecord | EventRecord;
