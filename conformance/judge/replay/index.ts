import { type Catch, play } from '../../../src/lab/museum/index.js';
import type { ArchitectureCase } from '../case.js';
import type { Difference } from '../checks.js';
import { refuseOthers, Unreadable } from '../reading.js';
import { L1_BUGS } from './l1-bugs.js';
import { NESTED_BUGS, UNMODELLED } from './nested-bugs.js';
import type { Replay } from './replay.js';

const REPLAYS: readonly Replay[] = [...L1_BUGS, ...NESTED_BUGS];

/**
 * Replays a bug of the past. The case is recognised by its source; its steps and what it calls right
 * have to say what the scenes do and demand. Every answer must be right then, and no judge of the
 * museum may have anything to say: the oracle least of all.
 *
 * @throws {Unreadable} If no replay fits what the case says, or the model has no words for it.
 */
export function replayDifferences({ source, args, expect }: ArchitectureCase): Difference[] {
  refuseOthers(args, ['steps'], 'argument');
  refuseOthers(expect, ['correct', 'buggy', 'note'], 'expectation');
  const title = String(source);
  const unmodelled = UNMODELLED.find((one) => one.source.test(title));
  if (unmodelled !== undefined) throw new Unreadable(unmodelled.needs);
  const replay = REPLAYS.find((one) => one.source.test(title));
  if (replay === undefined) throw new Unreadable(`source "${title}"`);
  const steps = Array.isArray(args.steps) ? args.steps.map(String) : [];
  const strange = steps.find((step, i) => replay.steps[i]?.test(step) !== true);
  if (strange !== undefined) throw new Unreadable(`step "${strange}"`);
  if (steps.length !== replay.steps.length) throw new Unreadable(`${steps.length} steps`);
  const correct = String(expect.correct);
  if (!replay.correct.test(correct)) throw new Unreadable(`expectation "${correct}"`);
  return replay.scenes
    .map((scene) => play(scene, {}))
    .filter((found) => found !== null)
    .map((found) => differenceOf(found, correct));
}

function differenceOf({ by, says }: Catch, correct: string): Difference {
  return { expected: correct, came: `${by}: ${says}` };
}
