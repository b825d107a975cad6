import { z } from 'zod';
import {
  DEFAULT_PRICES,
  LANES_MAX,
  lanesOf,
  openRace,
  PRICE_MAX,
  PricedThing,
  PriceListName,
  type Race,
  RaceRefused,
  type RaceSetup,
  type RaceSource,
  SEEDS,
  WORKLOAD_NAMES,
  type WorkloadName,
  workloadOf,
} from '../../lab/index.js';
import { KERNEL_NAMES, POLICY_NAMES } from '../../mmu/index.js';
import {
  type Command,
  KernelName,
  objection,
  PolicyName,
  PREV_ROOTS_MAX,
  type VmConfigInput,
} from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { commandsFrom, FromCommands, FromVm, invalidBody } from './command-source.js';
import type { PriceLists } from './price-lists.js';

const FromWorkload = z
  .strictObject({
    kind: z.literal('workload'),
    name: z.enum(WORKLOAD_NAMES),
    seed: z
      .number()
      .int()
      .min(0)
      .max(SEEDS - 1)
      .default(1),
    parameters: z
      .record(
        z.string().max(64),
        z.union([z.number(), z.boolean()], {
          error: objection('neither a number nor true or false'),
        }),
      )
      .default({})
      .describe('Parameters of `GET /v1/workloads`; `commands` is the number of commands.'),
  })
  .meta({ id: 'RaceFrom.workload', description: 'The commands of a workload.' });

/** Request for a race: its commands and its lanes. */
export const RaceRequest = z
  .strictObject({
    source: z.discriminatedUnion('kind', [FromWorkload, FromCommands, FromVm]),
    policies: z
      .union([z.literal('all'), z.array(PolicyName).min(1).max(POLICY_NAMES.length)], {
        error: objection('neither "all" nor a list of policies'),
      })
      .default('all'),
    prevRoots: z
      .array(z.number().int().min(0).max(PREV_ROOTS_MAX))
      .min(1)
      .max(PREV_ROOTS_MAX + 1)
      .optional()
      .describe('Slots beside the current root; by default those of the configuration.'),
    kernels: z
      .array(KernelName)
      .min(1)
      .max(KERNEL_NAMES.length)
      .optional()
      .describe('By default the kernel of the configuration.'),
    costs: z
      .partialRecord(PricedThing, z.number().min(0).max(PRICE_MAX))
      .default({})
      .describe('Prices in cycles that take the place of those of the list, without a range.'),
    prices: PriceListName.default(DEFAULT_PRICES.name).describe('A list of `GET /v1/price-lists`.'),
  })
  .meta({
    id: 'RaceRequest',
    description: `A race of every policy with every number of slots under every kernel, at most ${LANES_MAX} lanes.`,
    examples: [
      {
        source: { kind: 'workload', name: 'kpti', seed: 1, parameters: { commands: 5000 } },
        policies: ['mainline', 'need-sync', 'unsync-roots', 'cached-roots'],
      },
    ],
  });
export type RaceRequest = z.output<typeof RaceRequest>;

/** The commands that lanes race over, and the machine that they are for. */
interface RaceInput {
  readonly source: RaceSource;
  readonly config: RaceSetup['config'];
  /** The slots and the kernel of the configuration. */
  readonly own: Pick<VmConfigInput, 'prevRoots' | 'kernel'>;
  readonly commands: Iterable<Command>;
  readonly count: number;
}

/** A race that is ready to run. */
export interface PreparedRace extends Omit<RaceInput, 'config' | 'own'> {
  readonly race: Race;
}

/** The parts of the host that a race takes its input from. */
export interface RaceHost {
  readonly fleet: Fleet;
  readonly priceLists: PriceLists;
}

/** @throws {ApiError} If there is no such VM or list, a value is out of range, or it would take too long. */
export function prepareRace({ fleet, priceLists }: RaceHost, request: RaceRequest): PreparedRace {
  const { source, config, own, commands, count } = inputOf(fleet, request.source);
  const { policies, prevRoots, kernels, costs } = request;
  const prices = priceLists.list(request.prices);
  const lanes = lanesOf({
    policies: policies === 'all' ? POLICY_NAMES : distinct(policies),
    prevRoots: distinct(prevRoots ?? [own.prevRoots ?? 3]),
    kernels: distinct(kernels ?? [own.kernel ?? '6.1']),
  });
  const steps = lanes.length * count;
  if (steps > BOUNDS.stepsPerRace.value) {
    throw new ApiError(
      'job-too-long',
      `Cannot race: ${count} commands in ${lanes.length} lanes are ${steps} steps, and ${BOUNDS.stepsPerRace.value} is the bound; take fewer of either`,
    );
  }
  try {
    return { race: openRace({ config, lanes, prices, costs }), source, commands, count };
  } catch (error) {
    if (error instanceof RaceRefused) throw invalidBody('', error.message);
    throw error;
  }
}

function inputOf(fleet: Fleet, from: RaceRequest['source']): RaceInput {
  if (from.kind === 'workload') return workloadInput(from);
  const { source, config, commands } = commandsFrom(fleet, from, 'race');
  return { source, config: { checked: config }, own: config, commands, count: commands.length };
}

function workloadInput({ name, seed, parameters }: z.output<typeof FromWorkload>): RaceInput {
  const workload = workloadOf(name as WorkloadName);
  try {
    const config = workload.configOf(parameters);
    const commands = workload.commandsOf(parameters, seed);
    const count = Number(parameters.commands ?? workload.parameters.commands.default);
    const source = { kind: 'workload', name, seed, parameters } as const;
    return { source, config, own: config, commands, count };
  } catch (error) {
    if (error instanceof RangeError) throw invalidBody('/source/parameters', error.message);
    throw error;
  }
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
