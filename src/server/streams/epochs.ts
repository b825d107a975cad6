import type { FleetVm } from '../fleet/fleet-vm.js';
import { ApiError } from '../wire/errors.js';

/** The runs of a server, and of a VM whose log was damaged, by which numbers are told apart. */
export class Epochs {
  readonly #server: string;

  /** @param server The epoch of the server. */
  constructor(server: string) {
    this.#server = server;
  }

  /**
   * The epoch in which numbers of a VM hold: that of the server, and another one each time that damage
   * took back what the VM had told.
   *
   * @param entry Undefined for the numbers of the stream of all VMs.
   */
  of(entry?: Pick<FleetVm, 'mends'>): string {
    const mends = entry?.mends ?? 0;
    return mends === 0 ? this.#server : `${this.#server}.${mends}`;
  }

  /** @throws {ApiError} If a client resumes from numbers that stand for others by now. */
  demand(given: string | undefined, entry?: FleetVm): void {
    const present = this.of(entry);
    if (given === undefined || given === present) return;
    const isOfServer = given.split('.')[0] === this.#server;
    const why = isOfServer ? 'the log of the VM was damaged meanwhile' : 'its VMs are others';
    throw new ApiError(
      'epoch-changed',
      `Cannot resume from epoch "${given}": this is epoch "${present}", and ${why}`,
      { epoch: present },
    );
  }
}
