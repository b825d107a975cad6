import { getModel, listPolicies, listVms, listWorkloads } from '../api/client.js';
import type { PolicySummary, WorkloadSummary } from '../api/wire.js';
import { priceHeads } from './prices.js';

/** Parts that a race can be made of, on this server. */
export interface RaceChoices {
  readonly workloads: readonly WorkloadSummary[];
  readonly policies: readonly PolicySummary[];
  readonly kernels: readonly string[];
  /** Names of price lists, the usual one first. */
  readonly prices: readonly string[];
  /** Ids of the VMs that there are. */
  readonly vms: readonly string[];
}

/** @throws {RequestFailed} If the server does not say. */
export async function raceChoices(): Promise<RaceChoices> {
  const [workloads, policies, { kernels }, heads, { vms }] = await Promise.all([
    listWorkloads(),
    listPolicies(),
    getModel(),
    priceHeads(),
    listVms(),
  ]);
  return {
    workloads,
    policies,
    kernels,
    prices: heads.map(({ name }) => name),
    vms: vms.map(({ id }) => id),
  };
}
