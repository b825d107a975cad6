import { z } from 'zod';
import {
  boundedAlphabet,
  boundedMachine,
  checkPlan,
  EXTRA_NAMES,
  ExplorationFile,
  type ExplorationPlan,
  ExplorationRefused,
  PROPERTIES,
  SOUNDNESS,
  WITHOUT_NAMES,
} from '../../lab/index.js';
import { Command, KernelName, PolicyName, VmConfig } from '../../mmu/schema/index.js';
import { invalidBody } from './command-source.js';

const whole = (min: number, max: number) => z.number().int().min(min).max(max);

/** A list of distinct names. */
const namesOf = <T extends string>(names: readonly T[]) => z.array(z.enum(names)).max(names.length);

const BoundedMachine = z
  .strictObject({
    kind: z.literal('bounded'),
    policy: PolicyName.default('mainline'),
    kernel: KernelName.default('6.1'),
    slots: whole(0, 3).default(1).describe('Slots beside the current root.'),
    spaces: whole(2, 4).default(2).describe('Address spaces of the guest.'),
    vcpus: whole(1, 2).default(1),
    also: namesOf(EXTRA_NAMES).default([]).describe('Events that happen besides.'),
    without: namesOf(WITHOUT_NAMES).default([]).describe('Events that do not happen.'),
  })
  .meta({ id: 'Explored.bounded', description: 'The guest of docs/proofs.md.' });

const GivenMachine = ExplorationFile.safeExtend({ kind: z.literal('given') }).meta({
  id: 'Explored.given',
  description:
    'A configuration, commands to the first state, and those that may befall every state.',
});

/** Names of what can be asked of every state. */
export const PropertyName = z
  .enum(PROPERTIES.map(({ name }) => name))
  .meta({ id: 'PropertyName', description: 'See docs/proofs.md.' });

/** Request for a search through every state of a machine. */
export const ExplorationRequest = z
  .strictObject({
    machine: z.discriminatedUnion('kind', [BoundedMachine, GivenMachine]),
    properties: z
      .array(PropertyName)
      .max(PROPERTIES.length)
      .default(SOUNDNESS.map(({ name }) => name))
      .describe('Statements that are to hold.'),
    depth: whole(1, 1_000_000).default(1000).describe('Commands from the first state, at most.'),
    states: whole(1, 10_000_000).default(1_000_000).describe('States to see, at most.'),
    memoryMib: whole(1, 256).default(64).describe('Memory for states, at most; the result has it.'),
  })
  .meta({ id: 'ExplorationRequest', description: 'A machine, what is to hold, and bounds.' });
export type ExplorationRequest = z.output<typeof ExplorationRequest>;

/** @throws {ApiError} If nothing could come of the search. */
export function prepareExploration(request: ExplorationRequest): ExplorationPlan {
  const { machine, properties, depth, states, memoryMib } = request;
  const { config, stage, alphabet } =
    machine.kind === 'given'
      ? machine
      : { ...boundedMachine(machine), alphabet: boundedAlphabet(machine) };
  const plan: ExplorationPlan = {
    config: z.encode(VmConfig, config),
    stage: stage.map((command) => z.encode(Command, command)),
    alphabet: alphabet.map((command) => z.encode(Command, command)),
    properties,
    limits: { depth, states, bytes: memoryMib * 2 ** 20 },
  };
  try {
    checkPlan(plan);
    return plan;
  } catch (error) {
    if (!(error instanceof ExplorationRefused)) throw error;
    throw invalidBody('/machine', error.message);
  }
}
