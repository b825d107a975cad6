import type { Command, MmuEvent, MmuEventOf, Outcome } from '../mmu/schema/index.js';

type RequestName = MmuEventOf<'request-made'>['request'];

/** `seq` of the last `request-made` of each request on each vCPU: the cause of its service. */
export type RequestsMade = ReadonlyMap<RequestName, readonly number[]>;

/** Commands whose numbers are kept, at least, so that an event can name them. */
export const COMMANDS_NAMED = 4096;

/** An applied command, as it is kept and as a stream carries it. */
export interface CommandRecord {
  readonly type: 'command';
  readonly vm: string;
  readonly seq: number;
  readonly vcpu: number;
  readonly command: Command;
  readonly outcome: Outcome;
}

/** An event of the MMU during a command. */
export interface EventRecord {
  readonly type: 'event';
  readonly vm: string;
  readonly seq: number;
  /** `seq` of the command during which it happened. */
  readonly command: number;
  /** `seq` of the event that caused it; null if none did. */
  readonly causedBy: number | null;
  readonly vcpu: number;
  readonly event: MmuEvent;
}

/** A reset of the VM, or the restoration of a snapshot. */
export interface RewoundRecord<State = unknown> {
  readonly type: 'rewound';
  readonly vm: string;
  readonly seq: number;
  /** Name of the snapshot; null for a reset. */
  readonly snapshot: string | null;
  /** `seq` at which the VM was in this state before; null for a reset. */
  readonly to: number | null;
  /** The restored state; null for the first state of the VM. */
  readonly state: State | null;
  /** The requests that were pending in it, by the `seq` that made them. */
  readonly made: RequestsMade;
}

/** One step of a VM's history. A VM numbers its commands and events with one counter. */
export type HistoryRecord<State = unknown> = CommandRecord | EventRecord | RewoundRecord<State>;

/** A state of a VM between two commands, from which later ones can be made. */
export interface Checkpoint<State> {
  /** `seq` of the newest record when the VM was in the state. */
  readonly seq: number;
  /** Null for the first state of the VM. */
  readonly state: State | null;
  /** The requests that were pending in it, by the `seq` that made them. */
  readonly made: RequestsMade;
}

/** Measures the states that a history keeps. They may share parts with each other. */
export interface StateScale<State> {
  /** Bytes of a state that it shares with no other. */
  bytesOf(state: State): number;
  /** Bytes of sharable parts that a state holds and another one does not; null shares none. */
  bytesBeyond(state: State, other: State | null): number;
}

/** Bytes of a state that count as one record. */
const BYTES_PER_RECORD = 256;

/** Bytes of a weight in records. */
export function bytesOf(records: number): number {
  return records * BYTES_PER_RECORD;
}

/** Weight of bytes, in records. */
export function recordsOf(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_RECORD);
}
