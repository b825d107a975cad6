import { z } from 'zod';
import {
  cellsOf,
  PRESET_NAMES,
  type PriceList,
  PriceListName,
  SEEDS,
  type SweepCell,
  WORKLOAD_NAMES,
} from '../../lab/index.js';
import { KERNEL_NAMES, POLICY_NAMES } from '../../mmu/index.js';
import { KernelName, PolicyName, PREV_ROOTS_MAX } from '../../mmu/schema/index.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import type { PriceLists } from './price-lists.js';

const seed = z
  .number()
  .int()
  .min(0)
  .max(SEEDS - 1);

/** Request for a sweep: every combination of its lists is a race. */
export const SweepRequest = z
  .strictObject({
    workloads: z.array(z.enum(WORKLOAD_NAMES)).min(1).max(WORKLOAD_NAMES.length),
    policies: z
      .array(PolicyName)
      .min(1)
      .max(POLICY_NAMES.length)
      .describe('The first is what the others are held against.'),
    prevRoots: z
      .array(z.number().int().min(0).max(PREV_ROOTS_MAX))
      .min(1)
      .max(PREV_ROOTS_MAX + 1)
      .default([3])
      .describe('Slots beside the current root: the points of the curves.'),
    kernels: z.array(KernelName).min(1).max(KERNEL_NAMES.length).default(['6.1']),
    seeds: z.array(seed).min(1).max(64).default([1, 2, 3, 4, 5]),
    commands: z.number().int().min(1).default(5000).describe('Commands of each race.'),
    prices: z
      .array(PriceListName)
      .min(1)
      .max(16)
      .default([...PRESET_NAMES])
      .describe('Lists of `GET /v1/price-lists`.'),
  })
  .meta({
    id: 'SweepRequest',
    description: 'Races of the same policies over every combination of the other lists.',
    examples: [
      { workloads: ['kpti'], policies: ['mainline', 'need-sync'], prevRoots: [0, 1, 3, 7] },
    ],
  });
export type SweepRequest = z.output<typeof SweepRequest>;

/** A sweep that is ready to run. */
export interface PreparedSweep {
  readonly cells: readonly SweepCell[];
  readonly lists: readonly PriceList[];
}

/** @throws {ApiError} If there is no such price list, or the sweep would take too long. */
export function prepareSweep(priceLists: PriceLists, request: SweepRequest): PreparedSweep {
  const { workloads, kernels, prevRoots, seeds, policies, commands, prices } = request;
  const cells = cellsOf({
    ...{ workloads: distinct(workloads), kernels: distinct(kernels), seeds: distinct(seeds) },
    ...{ prevRoots: distinct(prevRoots), policies: distinct(policies), commands },
  });
  const steps = cells.length * distinct(policies).length * commands;
  const { cellsPerSweep, stepsPerSweep } = BOUNDS;
  if (cells.length > cellsPerSweep.value || steps > stepsPerSweep.value) {
    throw new ApiError(
      'job-too-long',
      `Cannot sweep: ${cells.length} races are ${steps} steps, and the bounds are ${cellsPerSweep.value} and ${stepsPerSweep.value}; take fewer, or run \`mmulab sweep\``,
    );
  }
  return { cells, lists: distinct(prices).map((name) => priceLists.list(name)) };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
