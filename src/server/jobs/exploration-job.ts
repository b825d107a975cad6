import { z } from 'zod';
import type { ExplorationFound, ExplorationPlan, StageRefused } from '../../lab/index.js';
import { finished, step } from '../../mmu/index.js';
import { Command, VmConfig } from '../../mmu/schema/index.js';
import { CaseFile, caseSteps } from '../history/case-file.js';
import type { ShardRunner } from '../shards/shard-runner.js';
import { ApiError } from '../wire/errors.js';
import { PropertyName } from './exploration-request.js';
import type { DistantWork, JobWork } from './job.js';
import { shardWork } from './shard-work.js';

const count = z.number().int().min(0);

/** A property that does not hold, and a shortest sequence of commands that shows it. */
const CounterexampleBody = z
  .strictObject({
    property: PropertyName,
    says: z.string(),
    commands: count.describe('The last so many commands of the case; those before set the stage.'),
    case: CaseFile.describe('`POST /v1/cases` makes a VM of it.'),
  })
  .meta({ id: 'Counterexample' });

/** Findings of a search through every state. */
export const ExplorationResult = z
  .strictObject({
    end: z
      .enum(['exhausted', 'refuted', 'depth', 'states', 'bytes', 'oracle-forgot'])
      .describe('Why it ended: nothing left to see, or every property failed, or a bound.'),
    isExhaustive: z.boolean().describe('Whether every state that can be reached was seen.'),
    states: count,
    expanded: count.describe('States in which every command was tried.'),
    transitions: count,
    refused: count.describe('Commands that a vCPU could not take.'),
    depth: count,
    found: z.array(count).describe('States by the number of commands that they need.'),
    bytes: count,
    bytesMax: count.describe('The budget.'),
    bytesPerState: z.number().min(0),
    undecided: count.describe('Uses that the oracle could not judge.'),
    isSymmetric: z.boolean().describe('Whether vCPUs were taken for each other.'),
    counterexamples: z.array(CounterexampleBody),
  })
  .meta({ id: 'ExplorationResult', description: 'Everything that a search found.' });
export type ExplorationResult = z.output<typeof ExplorationResult>;

/**
 * Makes a search the work of a job. Its steps are commands that are tried, of those to be tried in
 * the states that are known so far: the total grows.
 */
export function explorationWork(
  plan: ExplorationPlan,
  runner: ShardRunner | null,
): JobWork<ExplorationResult> | DistantWork<ExplorationResult> {
  return shardWork({ kind: 'exploration', input: plan }, runner, {
    // All at once: a counterexample is a few commands.
    resultOf: (found) => finished(resultSteps(plan, foundOr(found))),
    advice: 'explore with less memory',
  });
}

/** @throws {ApiError} If the stage could not be set. */
function foundOr(found: ExplorationFound | StageRefused): ExplorationFound {
  if ('refusal' in found) throw new ApiError('command-refused', found.refusal);
  return found;
}

function* resultSteps(
  plan: ExplorationPlan,
  found: ExplorationFound,
): Generator<void, ExplorationResult> {
  const config = VmConfig.parse(plan.config);
  const counterexamples: ExplorationResult['counterexamples'] = [];
  for (const { property, says, commands } of found.counterexamples) {
    const all = [...plan.stage, ...commands].map((command) => Command.parse(command));
    // Nothing comes of a command on which the model fails: a case has it apart.
    const isCrash = property === 'no-assertion';
    const ran = isCrash ? all.slice(0, -1) : all;
    const file = yield* caseSteps(step, config, ran);
    const crash = isCrash ? { poisonedBy: all.at(-1) } : {};
    counterexamples.push({
      ...{ property, says, commands: commands.length },
      case: { ...file, ...crash },
    });
  }
  const { found: byDepth, ...rest } = found;
  return { ...rest, found: [...byDepth], bytesMax: plan.limits.bytes, counterexamples };
}
