import type { Vcpu, Vm } from '../../mmu/index.js';
import type { Command, MmuEvent, Outcome } from '../../mmu/schema/index.js';

/** A statement that is to hold of every command in every state that is reached. */
export interface Property {
  /** Kebab-case: the name on the command line and in a result. */
  readonly name: string;
  /** One sentence: what holds. */
  readonly summary: string;
  /** Begins to watch a command, which has changed nothing yet. */
  watch?(vm: Vm, command: Command): Watch;
  /**
   * Whether its watch tells a failure without being told of events, which only make the sentence:
   * where nobody listens, none is built.
   */
  readonly isDeaf?: true;
  /** Whether its watch looks at the oracle and at the outcome, and at nothing else. */
  readonly isByOracle?: true;
  /** Whether it may tell vCPUs, frames or PCIDs apart: then no states are one that differ by those. */
  readonly tellsApart?: true;
  /** Looks at a state when it is first reached: each for itself, as they see different parts. */
  readonly looks?: readonly Look[];
}

/** @returns What is wrong with a VM; null if nothing is. */
export type Look = (vm: Vm) => string | null;

/** Watches one command. */
export interface Watch {
  /** Takes each event as it happens. */
  see?(vcpu: Vcpu, event: MmuEvent): void;
  /** @returns What was wrong with the command; null if nothing was. */
  end(outcome: Outcome): string | null;
}
