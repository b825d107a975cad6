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
import type { GuestPages } from '../../mmu/index.js';
import { type Command, PolicyName, PREV_ROOTS_MAX, type VmConfig } from '../../mmu/schema/index.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { VERSION } from '../wire/version.js';

/** References of all lanes of a VM above which their lower bound is not worked out. */
const LANE_REFERENCES_MAX = 65_536;

/** Policies that run beside the VM's own, each on a separate machine. */
export const Lanes = z
  .array(
    z
      .strictObject({
        policy: PolicyName,
        prevRoots: z.number().int().min(0).max(PREV_ROOTS_MAX).optional(),
      })
      .meta({
        id: 'Lane',
        description: 'A policy and its number of slots; by default that of the VM.',
      }),
  )
  .min(1)
  .max(BOUNDS.lanesPerVm.value)
  .meta({
    id: 'Lanes',
    description: 'Policies that run every command of a VM as well.',
  });
export type Lanes = z.output<typeof Lanes>;

/**
 * A race that lasts as long as its VM: its lanes run every command of the VM. The first lane has the
 * VM's own policy.
 *
 * Commands that are only tried do not count, and a fork has no lanes. A reset begins the race anew.
 * Lanes have no snapshots, so restoring one ends the race until the next reset.
 */
export class VmLanes {
  /** The lanes of the request. */
  readonly beside: Lanes;
  readonly #config: VmConfig;
  readonly #lanes: readonly LaneSpec[];
  /** Null once the race has ended. */
  #race: Race | null;

  /** @param pages Memory of a VM that has run nothing yet, to be shared; without it, filled anew. */
  constructor(config: VmConfig, beside: Lanes, pages?: GuestPages) {
    this.beside = beside;
    const { policy, kernel, prevRoots } = config;
    this.#config = config;
    this.#lanes = [
      { policy, kernel, prevRoots },
      ...beside.map((lane) => ({
        policy: lane.policy,
        kernel,
        prevRoots: lane.prevRoots ?? prevRoots,
      })),
    ];
    this.#race = this.#begin(pages);
  }

  /** Number of machines beside the VM's own. */
  get count(): number {
    return this.#lanes.length;
  }

  /** Memory of those machines, in pages of 4 KiB. */
  get pages(): number {
    return this.#race === null ? 0 : pagesOfRace(this.#race);
  }

  /** Runs a command that the VM has run. */
  follow(command: Command): void {
    if (this.#race !== null) runCommand(this.#race, command);
  }

  /**
   * Notes that the VM was taken back.
   *
   * @param to The `seq` of the restored state; null for a reset.
   * @param pages After a reset, the memory that the VM begins with again.
   */
  rewound(to: number | null, pages?: GuestPages): void {
    this.#race = to === null ? this.#begin(pages) : null;
  }

  /**
   * Result so far. The lower bound of all policies takes long to work out, and is left out of a
   * long race.
   *
   * @throws {ApiError} If the race has ended.
   */
  result(vm: string, seq: number): RaceResult {
    if (this.#race === null) {
      throw new ApiError(
        'race-ended',
        `Cannot read the race of VM "${vm}": the VM was taken back to a snapshot, which ended the race; reset the VM to begin it anew`,
      );
    }
    const isBounded = referencesOfRace(this.#race) <= LANE_REFERENCES_MAX;
    const source = { kind: 'vm', vm, seq } as const;
    return resultOf(this.#race, { source, version: VERSION, isBounded });
  }

  #begin(pages: GuestPages | undefined): Race {
    const setup = { config: { checked: this.#config }, lanes: this.#lanes };
    return createRace(pages === undefined ? setup : { ...setup, pages });
  }
}
