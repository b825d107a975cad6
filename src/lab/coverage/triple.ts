import { z } from 'zod';
import type { Word } from '../../mmu/index.js';
import type { Command, Outcome } from '../../mmu/schema/index.js';
import { StateClass, stateClassText } from './state-class.js';

/** A command of some kind that was given in a state of some class, and its end. */
export const Triple = z.strictObject({
  state: StateClass,
  command: z.string().describe('Kind of the command, with what tells its forms apart.'),
  outcome: z.string().describe('Kind of the outcome, with its vector, number, reason or errno.'),
});
export type Triple = z.output<typeof Triple>;

/** The text that tells a triple from every other. */
export function tripleKeyOf({ state, command, outcome }: Triple): string {
  return `${stateClassText(state)}: ${command}: ${outcome}`;
}

/** The name of all commands that do the same to different operands. */
export function commandClassOf(command: Command): string {
  const { kind } = command;
  switch (kind) {
    case 'mov-cr3':
      return command.value.page >= NO_FLUSH ? 'mov-cr3 no-flush' : kind;
    case 'invpcid':
    case 'invept':
    case 'invvpid':
      return `${kind} ${typeOf(command.type)}`;
    case 'make-request':
      return `${kind} ${command.request}`;
    default:
      return kind;
  }
}

/** Bit 63 of CR3, in `page` of a word. */
const NO_FLUSH = 2 ** 51;

/** Types beyond these are all refused alike. */
const TYPE_MAX = 3;

function typeOf({ page, low }: Word): string {
  return page === 0 && low <= TYPE_MAX ? String(low) : 'other';
}

/** The name of all outcomes that differ in values alone. */
export function outcomeClassOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'fault':
      return `fault ${outcome.vector}`;
    case 'vm-fail':
      return `vm-fail ${outcome.error ?? 'invalid'}`;
    case 'vm-exit':
      return `vm-exit ${reasonOf(outcome.reason)}`;
    case 'error':
      return `error ${outcome.errno}`;
    case 'ok':
    case 'mmio':
    case 'shutdown':
      return outcome.kind;
  }
}

/** Bit 31 of an exit reason: the VM entry failed. */
const ENTRY_FAILED = 2 ** 31;

function reasonOf(reason: number): string {
  return reason >= ENTRY_FAILED ? `${reason - ENTRY_FAILED} at entry` : String(reason);
}
