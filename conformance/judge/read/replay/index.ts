import type { ReplayAttempt } from '../../attempt/replay.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { refuseOthers, textOf } from '../reading.js';
import { answersTo } from './outcome.js';
import { draftOf, variantsOf } from './sentences.js';
import { type LabelledMachine, machinesOf } from './setup.js';

/**
 * Reads a case: its sentences become commands, and what it calls correct the answers to some.
 *
 * @returns One replay for each machine that the setup allows, and for each variant of the steps.
 * @throws {Unreadable} If the case says something without a rule, or the model has no words for it.
 */
export function readReplays({ setup, args, expect }: ArchitectureCase): readonly ReplayAttempt[] {
  refuseOthers(args, ['steps'], 'argument');
  refuseOthers(expect, ['correct', 'buggy', 'note'], 'expectation');
  const correct = textOf(expect.correct);
  const variants = variantsOf(args.steps);
  const machines = machinesOf(setup, variants.flat());
  const meant = machines.filter(({ l1 }) => isMeant(correct, l1?.vpid));
  if (meant.length === 0) throw new Unreadable(`expectation "${correct}" of none of the machines`);
  return variants.flatMap((steps) => meant.map((machine) => replayOn(machine, steps, correct)));
}

function replayOn(
  machine: LabelledMachine,
  steps: readonly string[],
  correct: string,
): ReplayAttempt {
  const draft = draftOf(machine, steps);
  const answers = answersTo(draft.questions, correct);
  return {
    kind: 'replay',
    label: machine.label,
    config: draft.config,
    steps: draft.steps.map(({ command, answer }, at) => ({
      command,
      answer: answers.get(at) ?? answer,
    })),
  };
}

/** `new frame when VPID control is 0`: of other machines nothing is said. */
function isMeant(correct: string, vpid: number | undefined): boolean {
  const [, control] = / when VPID control is ([01])\b/.exec(correct) ?? [];
  return control === undefined || vpid === undefined || (vpid === 0) === (control === '0');
}
