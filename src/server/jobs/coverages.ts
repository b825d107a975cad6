import { createHash } from 'node:crypto';
import { type Reached, type ReachPlan, reachPlanOf, type ShownMachine } from '../../lab/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { ExercisedVms } from '../history/exercised.js';
import type { ShardRunner } from '../shards/shard-runner.js';
import { coverageWork } from './coverage-job.js';
import type { Job } from './job.js';
import type { Jobs } from './jobs.js';

/** Bounds of the search. */
export interface CoverageLimits {
  readonly states: number;
  readonly depth: number;
}

/** Commands that a VM has run, and the search for what else its machine can come to. */
export interface CoverageOfVm {
  readonly exercised: Awaited<ReturnType<ExercisedVms['of']>>;
  readonly machine: ShownMachine;
  readonly job: Job<Reached>;
}

interface Parts {
  readonly jobs: Jobs;
  readonly exercised: ExercisedVms;
  readonly shards: ShardRunner | null;
}

/** Memory of one search, in bytes. */
const BYTES_MAX = 64 * 2 ** 20;

/**
 * Holds what VMs have run against what they can. Machines that are alike share a search: it is a job,
 * and as long as that is kept nobody searches again.
 */
export class Coverages {
  readonly #parts: Parts;
  /** The job of each search, by a digest of its plan: as many as there are jobs. */
  readonly #searches = new Map<string, string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @throws {ApiError} If the beginning of the VM is not known, or no job can be started.
   */
  async of(entry: FleetVm, limits: CoverageLimits): Promise<CoverageOfVm> {
    const exercised = await this.#parts.exercised.of(entry);
    const machine = exercised.maker.made();
    const plan = reachPlanOf(entry.vm.initial, machine, { ...limits, bytes: BYTES_MAX });
    return { exercised, machine, job: this.#searchFor(plan) };
  }

  #searchFor(plan: ReachPlan): Job<Reached> {
    const { jobs, shards } = this.#parts;
    const key = createHash('sha256').update(JSON.stringify(plan)).digest('hex');
    const known = jobs.find(this.#searches.get(key) ?? '');
    // Jobs of this kind have such a result.
    if (known !== undefined) return known as Job<Reached>;
    for (const [other, id] of this.#searches) {
      if (jobs.find(id) === undefined) this.#searches.delete(other);
    }
    const job = jobs.start('coverage', coverageWork(plan, shards));
    this.#searches.set(key, job.id);
    return job;
  }
}
