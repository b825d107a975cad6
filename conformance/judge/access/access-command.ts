import { type BenchCommand, type Machine, run } from '../machine.js';
import { SetupFailed } from '../prepare.js';
import { hexOf } from '../reading.js';
import { showOutcome } from '../wanted.js';
import type { AccessKind } from './kinds.js';

/** One access by a linear address. */
export interface Access {
  readonly kind: AccessKind;
  readonly gva: bigint;
  readonly user: boolean;
  /** EFLAGS.AC. */
  readonly ac: boolean;
}

/** What a write stores: any value will do. */
const STORED = '0x1';

export function accessCommand({ kind, gva, user, ac }: Access): BenchCommand {
  const where = { kind, gva: hexOf(gva), user };
  if (kind === 'execute') return where;
  return kind === 'read' ? { ...where, ac } : { ...where, ac, value: STORED };
}

/** Runs a command that only leads up to the access under test. @throws {SetupFailed} */
export function mustRun(machine: Machine, command: BenchCommand, wanted = 'ok'): void {
  const outcome = run(machine, command);
  if (outcome.kind === wanted) return;
  throw new SetupFailed(`setup ${JSON.stringify(command)} gave ${showOutcome(outcome)}`);
}
