import type { Command, CommandOf, Outcome } from '../../mmu/schema/index.js';

/** A 64-bit value, split where paging splits it. */
export type Word = CommandOf<'write'>['value'];

/** The outcome of a command by the generator's own model of the guest. */
export type Expected =
  /** The command succeeds; a load reads `value`, where it is given. */
  | { readonly kind: 'ok'; readonly value?: Word }
  | { readonly kind: 'page-fault' }
  | { readonly kind: 'vm-exit'; readonly reason: number };

/** A command, and what must come of it; null if the workload does not say. */
export interface Planned {
  readonly command: Command;
  readonly expected: Expected | null;
}

/** Whether a command ended as it must. */
export function isMet(outcome: Outcome, expected: Expected | null): boolean {
  if (expected === null) return true;
  switch (expected.kind) {
    case 'ok':
      return outcome.kind === 'ok' && isValueMet(outcome.value, expected.value);
    case 'page-fault':
      return outcome.kind === 'fault' && outcome.vector === '#PF';
    case 'vm-exit':
      return outcome.kind === 'vm-exit' && outcome.reason === expected.reason;
  }
}

function isValueMet(value: Word | undefined, expected: Word | undefined): boolean {
  if (expected === undefined) return true;
  return value !== undefined && value.page === expected.page && value.low === expected.low;
}
