import { z } from 'zod';
import {
  createRace,
  type LaneSpec,
  pagesOfRace,
  type Race,
  type RaceResult,
  referencesOfRace,
  resultOf,
  runCommand,
} from '../../lab/index.js';
import {
  type Command,
  PolicyName,
  PREV_ROOTS_MAX,
  VmConfig,
  type VmConfigInput,
} from '../../mmu/schema/index.js';
import { ApiError } from '../wire/errors.js';
import { LANE_REFERENCES_MAX, LANES_PER_VM_MAX } from '../wire/limits.js';
import { VERSION } from '../wire/version.js';

/** Policies that run beside a VM's own, each on a machine of its own. */
export const Lanes = z
  .array(
    z
      .strictObject({
        policy: PolicyName,
        prevRoots: z.number().int().min(0).max(PREV_ROOTS_MAX).optional(),
      })
      .meta({ id: 'Lane', description: 'A policy, and the slots that it has; those of the VM.' }),
  )
  .min(1)
  .max(LANES_PER_VM_MAX)
  .meta({
    id: 'Lanes',
    description: 'Policies to which every command of a VM is applied as well.',
  });
export type Lanes = z.output<typeof Lanes>;

/**
 * A race that goes on as long as its VM lives: every command that is applied to the VM is applied to
 * its lanes, of which the first has the VM's own policy.
 *
 * What is only tried is not applied, and a fork has no lanes. A reset begins the race anew. A lane
 * has no snapshots: once the VM is taken back to one, the race has ended, until a reset.
 */
export class VmLanes {
  /** As they were asked for. */
  readonly beside: Lanes;
  readonly #config: VmConfigInput;
  readonly #lanes: readonly LaneSpec[];
  /** Null once it has ended. */
  #race: Race | null;

  constructor(config: VmConfig, beside: Lanes) {
    this.beside = beside;
    const { policy, kernel, prevRoots } = config;
    this.#config = z.encode(VmConfig, config);
    this.#lanes = [
      { policy, kernel, prevRoots },
      ...beside.map((lane) => ({
        policy: lane.policy,
        kernel,
        prevRoots: lane.prevRoots ?? prevRoots,
      })),
    ];
    this.#race = this.#begin();
  }

  /** Machines beside the VM's own. */
  get count(): number {
    return this.#lanes.length;
  }

  /** Room that they take, in pages of 4 KiB. */
  get pages(): number {
    return this.#race === null ? 0 : pagesOfRace(this.#race);
  }

  /** The VM has applied a command. */
  follow(command: Command): void {
    if (this.#race !== null) runCommand(this.#race, command);
  }

  /** The VM was taken back. @param to The moment; null for its beginning. */
  rewound(to: number | null): void {
    this.#race = to === null ? this.#begin() : null;
  }

  /**
   * How it stands. What no policy can better takes its time, and is left out of a long race.
   *
   * @throws {ApiError} If it has ended.
   */
  result(vm: string, seq: number): RaceResult {
    if (this.#race === null) {
      throw new ApiError(
        'race-ended',
        `Cannot read the race of VM "${vm}": the VM was taken back, and its lanes cannot be; a reset begins them anew`,
      );
    }
    const isBounded = referencesOfRace(this.#race) <= LANE_REFERENCES_MAX;
    const source = { kind: 'vm', vm, seq } as const;
    return resultOf(this.#race, { source, version: VERSION, isBounded });
  }

  #begin(): Race {
    return createRace({ config: this.#config, lanes: this.#lanes });
  }
}
