import { z } from 'zod';
import {
  Command,
  createJsonWriter,
  KernelName,
  MmuEvent,
  Outcome,
  PolicyName,
  PREV_ROOTS_MAX,
  VcpuState,
} from '../../mmu/schema/index.js';
import { COST_POINTS_MAX } from './cost-series.js';
import { RaceCounters } from './counters.js';
import { COST_PARTS, PRICE_MAX, PRICE_NAMES, PriceListName } from './prices/index.js';
import { PARTING_EVENTS_MAX } from './run.js';

const count = z.number().int().min(0);
const cost = z.number().min(0);

/** The source of a race's commands. */
export const RaceSource = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('workload'),
        name: z.string(),
        seed: count,
        parameters: z.record(z.string(), z.union([z.number(), z.boolean()])),
      })
      .meta({ id: 'RaceSource.workload', description: 'Commands that a workload made.' }),
    z
      .strictObject({ kind: z.literal('commands'), name: z.string() })
      .meta({ id: 'RaceSource.commands', description: 'Commands that were given.' }),
    z
      .strictObject({ kind: z.literal('vm'), vm: z.string(), seq: count })
      .meta({ id: 'RaceSource.vm', description: 'Commands of a VM up to a moment.' }),
  ])
  .meta({ id: 'RaceSource', description: 'Source of the commands of a race.' });
export type RaceSource = Readonly<z.output<typeof RaceSource>>;

const cycles = z.number().min(0).max(PRICE_MAX);

/** A thing that has a price. */
export const PricedThing = z.enum(PRICE_NAMES).meta({ id: 'PricedThing' });

const PriceRange = z
  .strictObject({ value: cycles, low: cycles, high: cycles })
  .meta({ id: 'PriceRange', description: 'A price in cycles, and how far it may be off.' });

/** The prices of a race. */
const RacePrices = z
  .strictObject({
    list: PriceListName,
    machine: z.string(),
    cycles: z.record(PricedThing, PriceRange),
  })
  .meta({ id: 'RacePrices', description: 'The prices of a race, in cycles of a machine.' });
export type RacePrices = z.output<typeof RacePrices>;

const Saving = z
  .strictObject({ value: z.number(), low: z.number(), high: z.number() })
  .describe("Share of the baseline's cost that is saved; negative where a lane is dearer.");

const LaneComparison = z
  .strictObject({
    standing: z.enum([
      ...(['same', 'cheaper', 'dearer'] as const),
      ...(['cheaper-unless', 'dearer-unless', 'undecided'] as const),
    ]),
    unless: z
      .strictObject({
        price: PricedThing,
        side: z.enum(['below', 'above']),
        cycles: z.number(),
      })
      .nullable()
      .describe('The one price beyond which the standing may fail.'),
    saving: Saving,
    turns: z
      .array(z.strictObject({ price: PricedThing, cycles: z.number() }))
      .describe('Prices that turn the order alone, all others at their value.'),
    text: z.string().describe('All of that as a sentence.'),
    margin: z
      .number()
      .nullable()
      .describe('Share of the way to their worst ends that all prices may go; null for any.'),
  })
  .meta({
    id: 'RaceComparison',
    description: 'A lane against the baseline, over the whole range of every price.',
  });

const LaneTime = z
  .strictObject({
    elapsed: cost.describe('Cycles until the last vCPU has done.'),
    lockWait: cost.describe('Cycles that vCPUs waited for `mmu_lock`.'),
    lockWaits: count.describe('Times that one had to wait.'),
    lockHeld: cost.describe('Cycles for which it was held.'),
    utilisation: z
      .number()
      .min(0)
      .max(1.000001)
      .describe('Share of the time in which vCPUs worked.'),
  })
  .meta({
    id: 'RaceTime',
    description: 'The same work done side by side, at the values of the prices.',
  });

const LaneResult = z
  .strictObject({
    name: z.string().describe('The policy, with slots and kernel where lanes differ in them.'),
    policy: PolicyName,
    prevRoots: z.number().int().min(0).max(PREV_ROOTS_MAX),
    kernel: KernelName,
    cost: z
      .strictObject({
        total: cost,
        low: cost,
        high: cost,
        parts: z.record(z.enum(COST_PARTS), cost),
      })
      .describe('Cycles.'),
    comparison: LaneComparison,
    time: LaneTime.nullable().describe('Null for one vCPU, which waits for nobody.'),
    counters: RaceCounters,
    firstViolation: z
      .strictObject({
        command: count.describe('Index of the command.'),
        seq: count.describe('Number of the event, had a VM run the same.'),
        rule: z.string(),
        message: z.string(),
      })
      .nullable(),
    firstRefusal: z.string().nullable().describe('Reason why a command could not be applied.'),
    failure: z
      .strictObject({ command: count, message: z.string() })
      .nullable()
      .describe('Place at which the model itself failed and the lane ended: an error of mmulab.'),
  })
  .meta({ id: 'RaceLane', description: 'Counters and cost of one policy.' });

const PartingSide = z
  .strictObject({
    lanes: z.array(z.string()).describe('Names of the lanes that are still alike.'),
    seq: count.describe('The newest number then, had a VM run the same.'),
    outcome: Outcome.nullable(),
    state: VcpuState.describe('A vCPU that differs, after the command.'),
    events: z.array(MmuEvent).max(PARTING_EVENTS_MAX).describe('The first events of the command.'),
  })
  .meta({ id: 'PartingSide', description: 'One side of a parting.' });

const Parting = z
  .strictObject({
    at: count.describe('Index of the command after which they differ.'),
    command: Command,
    stay: PartingSide,
    leave: PartingSide,
  })
  .meta({ id: 'Parting', description: 'Lanes that had been alike differ.' });

const Bound = z
  .strictObject({
    prevRoots: z.number().int().min(0).max(PREV_ROOTS_MAX),
    kernel: KernelName,
    misses: count.describe('Fewest switches that find no root.'),
    loads: count.describe('Fewest loads; a cache with the fewest misses may have more.'),
    lanes: z.array(z.string()).describe('Lanes whose guests asked for the same.'),
    isComplete: z.boolean().describe('False if it was worked out for the first references alone.'),
  })
  .meta({
    id: 'RaceBound',
    description: 'Best result of any policy, even with knowledge of the future.',
  });

const CostPoint = z.strictObject({ commands: count, costs: z.array(cost) });

/** The result of a race. */
export const RaceResult = z
  .strictObject({
    version: z.string().describe('Version of the model.'),
    source: RaceSource,
    commands: count.describe('Commands that were run in every lane.'),
    prices: RacePrices,
    baseline: z
      .string()
      .describe('Lane that the others are held against: of `mainline`, else the first.'),
    lanes: z.array(LaneResult),
    bounds: z.array(Bound).describe('By kernel and number of slots.'),
    partings: z
      .array(Parting)
      .describe('In order: two lanes parted where they stand on different sides first.'),
    series: z
      .strictObject({
        every: count.describe('Commands between two points.'),
        points: z.array(CostPoint).max(COST_POINTS_MAX),
      })
      .describe('Cost of each lane up to then.'),
    verdict: z.string().describe('All of that as plain text, for an e-mail.'),
  })
  .meta({ id: 'RaceResult', description: 'Result of a race.' });
export type RaceResult = Readonly<z.output<typeof RaceResult>>;
export type RaceLane = RaceResult['lanes'][number];
export type RaceBound = RaceResult['bounds'][number];

/** A result as JSON text. */
export const writeRaceResult = createJsonWriter(RaceResult);
