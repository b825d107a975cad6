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

/** The VM was taken back: to what it was made from, or to a snapshot. */
export interface RewoundRecord<State = unknown> {
  readonly type: 'rewound';
  readonly vm: string;
  readonly seq: number;
  /** Name of the snapshot; null for a reset. */
  readonly snapshot: string | null;
  /** `seq` at which the VM was in this state before; null for a reset. */
  readonly to: number | null;
  /** The state; null for what the VM was made from. */
  readonly state: State | null;
}

/** One step of a VM's history. A VM numbers its commands and events with one counter. */
export type HistoryRecord<State = unknown> = CommandRecord | EventRecord | RewoundRecord<State>;

/** A state of a VM between two commands, from which later ones can be made. */
export interface Checkpoint<State> {
  /** The newest record when the VM was in it. */
  readonly seq: number;
  /** Null for what the VM was made from. */
  readonly state: State | null;
}

/** Says what the states take that a history keeps. They may share parts with each other. */
export interface StateScale<State> {
  /** Bytes that a state takes whatever else is kept. */
  bytesOf(state: State): number;
  /** Bytes of parts that a state holds and another one does not; null shares none. */
  bytesBeyond(state: State, other: State | null): number;
}

/** Bytes of a state that take as much room as a record. */
const BYTES_PER_RECORD = 256;

/** What bytes of kept states count, in records. */
export function recordsOf(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_RECORD);
}
