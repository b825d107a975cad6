import type { Command } from '../../../mmu/schema/index.js';

/**
 * Certainty of a command.
 *
 * `seen`: an event has it whole. `inferred`: it follows from other events by what KVM does.
 * `guessed`: it is the likeliest of several, and `least` and `most` are the ends.
 */
export const CONFIDENCES = ['seen', 'inferred', 'guessed'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** A command that a trace stands for. */
export interface Placed {
  command: Command;
  confidence: Confidence;
  /** In its place if it did as little as it may have; null: it is certain enough. */
  least: readonly Command[] | null;
  /** In its place if it did as much as it may have. */
  most: readonly Command[] | null;
}

/** Pages that KVM told of in a window, in order. */
export interface Seen {
  /** Root pages that were looked up for a load: gfn, and whether they were made. */
  readonly loads: { readonly gfn: number; readonly isNew: boolean }[];
  /** Null where the tool left the frame out. */
  readonly synced: (number | null)[];
  readonly unsynced: (number | null)[];
}

/** Everything between two entries of a vCPU to the guest. */
export interface Window {
  readonly vcpu: number;
  /** Number of the window in its VM. */
  readonly index: number;
  /** Nanoseconds, or ticks, of the exit or of the first event. */
  at: number;
  readonly placed: Placed[];
  readonly seen: Seen;
  /** Events were lost before its end: what it misses says nothing. */
  isTorn: boolean;
}

export function createWindow(vcpu: number, index: number, at: number): Window {
  const seen = { loads: [], synced: [], unsynced: [] };
  return { vcpu, index, at, placed: [], seen, isTorn: false };
}

/** Places a command at the end of a window. */
export function place(window: Window, command: Command, confidence: Confidence): Placed {
  const placed: Placed = { command, confidence, least: null, most: null };
  window.placed.push(placed);
  return placed;
}
