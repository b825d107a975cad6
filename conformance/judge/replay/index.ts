import type { ArchitectureCase } from '../case.js';
import type { Difference } from '../checks.js';
import { refuseOthers, textOf, Unreadable } from '../reading.js';
import { answersTo } from './read/outcome.js';
import { taleOf, variantsOf } from './read/sentences.js';
import { type LabelledMachine, machinesOf } from './read/setup.js';
import type { ReplayCase } from './replay-case.js';
import { replayDifference } from './run.js';

/**
 * Replays a bug of the past, as the case tells it: the model has to do what is called correct.
 *
 * @throws {Unreadable} If the case says something without a rule, or the model has no words for it.
 */
export function replayDifferences(item: ArchitectureCase): Difference[] {
  return replaysOf(item).flatMap((replay) => replayDifference(replay) ?? []);
}

/**
 * Reads a case: its sentences become commands, and what it calls correct the answers to some.
 *
 * @returns One replay for each machine that the setup allows, and for each variant of the steps.
 * @throws {Unreadable} If the case says something without a rule, or the model has no words for it.
 */
export function replaysOf({ setup, args, expect }: ArchitectureCase): readonly ReplayCase[] {
  refuseOthers(args, ['steps'], 'argument');
  refuseOthers(expect, ['correct', 'buggy', 'note'], 'expectation');
  const correct = textOf(expect.correct);
  const variants = variantsOf(args.steps);
  const machines = machinesOf(setup, variants.flat());
  const meant = machines.filter(({ l1 }) => isMeant(correct, l1?.vpid));
  if (meant.length === 0) throw new Unreadable(`expectation "${correct}" of none of the machines`);
  return variants.flatMap((steps) => meant.map((machine) => replayOn(machine, steps, correct)));
}

function replayOn(machine: LabelledMachine, steps: readonly string[], correct: string): ReplayCase {
  const tale = taleOf(machine, steps);
  const answers = answersTo(tale.questions, correct);
  return {
    label: machine.label,
    config: tale.config,
    steps: tale.steps.map(({ command, answer }, at) => ({
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
