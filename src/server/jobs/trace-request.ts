import { z } from 'zod';
import { DEFAULT_PRICES, PriceListName, type ScoreOptions } from '../../lab/index.js';
import { POLICY_NAMES } from '../../mmu/index.js';
import {
  KernelName,
  PolicyName,
  PREV_ROOTS_MAX,
  VCPUS_PER_VM_MAX,
} from '../../mmu/schema/index.js';
import { Digits, listOf } from '../wire/frames.js';
import type { PriceLists } from './price-lists.js';

/** Cycles of the guest's own work that a command may be given. */
const GUEST_CYCLES_MAX = 1e9;

/** Settings of a score, in a query: the body is the trace. */
export const TraceQuery = z.strictObject({
  name: z.string().min(1).max(255).default('trace').describe('Its name in reports.'),
  kernel: KernelName.optional().describe('Rules; by default those of the trace, else 6.1.'),
  prevRoots: Digits.pipe(z.number().max(PREV_ROOTS_MAX))
    .default(3)
    .describe('Slots beside the current root.'),
  vcpus: Digits.pipe(z.number().min(1).max(VCPUS_PER_VM_MAX))
    .default(1)
    .describe('vCPUs of each VM, if some come late.'),
  policy: listOf(PolicyName)
    .optional()
    .describe('Policies, the dearest part of the work; by default all.'),
  prices: PriceListName.default(DEFAULT_PRICES.name).describe('A list of `GET /v1/price-lists`.'),
  guestCycles: Digits.pipe(z.number().max(GUEST_CYCLES_MAX))
    .default(0)
    .describe("The guest's own work in each command, in cycles."),
});
export type TraceQuery = z.output<typeof TraceQuery>;

/** A score that can begin, once its trace is there. */
export interface PreparedScore {
  readonly name: string;
  readonly options: ScoreOptions;
}

/** @throws {ApiError} If there is no such price list. */
export function prepareScore(priceLists: PriceLists, query: TraceQuery): PreparedScore {
  const { name, kernel, prevRoots, vcpus, policy = POLICY_NAMES, prices, guestCycles } = query;
  return {
    name,
    options: {
      ...(kernel === undefined ? {} : { kernel }),
      ...{ prevRoots, vcpus, guestCycles },
      policies: [...new Set(policy)],
      prices: priceLists.list(prices),
    },
  };
}
