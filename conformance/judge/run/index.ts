import type { Outcome } from '../../../src/mmu/schema/index.js';
import { accessCommand } from '../attempt/access.js';
import type { Attempt, ObservedAttempt, RepeatedAttempt } from '../attempt/attempt.js';
import type { Wanted } from '../attempt/check.js';
import { commandStep } from '../attempt/machine-step.js';
import { differencesOf } from './compare.js';
import type { Difference } from './difference.js';
import { run } from './machine.js';
import { observe } from './observe.js';
import { mustPerform, mustRun } from './perform.js';
import { prepare } from './prepare.js';
import { replayDifferences } from './replay.js';
import { SetupFailed } from './setup-failed.js';
import { showOutcome } from './show.js';
import { cellDifferences } from './tlb/cell.js';
import { useDifferences } from './tlb/use.js';

/**
 * Runs an attempt.
 *
 * @returns Everything in which the model differs from what is demanded.
 * @throws {SetupFailed} If the model does not let the state come about.
 * @throws {Unreadable} If no VM can be given what the attempt asks for.
 */
export function* differencesIn(attempt: Attempt): Iterable<Difference> {
  switch (attempt.kind) {
    case 'observed':
      yield* observedDifferences(attempt);
      return;
    case 'repeated':
      yield* labelled(attempt.label, repeatedDifferences(attempt));
      return;
    case 'cell':
      yield* labelled(attempt.label, cellDifferences(attempt));
      return;
    case 'use':
      yield* labelled(attempt.label, useDifferences(attempt));
      return;
    case 'replay':
      yield* labelled(attempt.label, replayDifferences(attempt));
      return;
  }
}

function* observedDifferences({
  spec,
  preparation,
  observed,
}: ObservedAttempt): Iterable<Difference> {
  const machine = prepare(spec);
  for (const step of preparation) mustPerform(machine, step);
  machine.events.length = 0;
  for (const step of observed) {
    yield* labelled(step.label, differencesOf(observe(machine, step), step.checks));
  }
}

/** The model itself says how the access ends alone. */
function repeatedDifferences({ spec, access, entry }: RepeatedAttempt): readonly Difference[] {
  const alone = run(prepare(spec), accessCommand(access));
  const machine = prepare(spec);
  mustRun(machine, accessCommand({ ...access, kind: 'read', user: false }));
  const steps = [commandStep(accessCommand(access))];
  return differencesOf(observe(machine, { steps, entry }), [
    { kind: 'outcome', wanted: [sameAs(alone)], said: showOutcome(alone) },
    { kind: 'entry-has', bit: 'A' },
  ]);
}

function sameAs(outcome: Outcome): Wanted {
  if (outcome.kind === 'ok') return { kind: 'ok' };
  if (outcome.kind !== 'fault') {
    throw new SetupFailed(`the access alone gave ${showOutcome(outcome)}`);
  }
  const { vector, errorCode } = outcome;
  const errorCodes = errorCode === null ? null : [BigInt(errorCode)];
  return { kind: 'fault', vectors: [vector], errorCodes };
}

function* labelled(label: string, differences: Iterable<Difference>): Iterable<Difference> {
  for (const { expected, came } of differences) {
    yield { expected, came: label === '' ? came : `${label}: ${came}` };
  }
}
