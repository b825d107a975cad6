import type { FleetVm } from '../fleet/fleet-vm.js';

/** Work about VMs that takes time: that about one VM is done one after the other. */
export class VmQueues {
  /** The last work about each VM. */
  readonly #last = new Map<FleetVm, Promise<unknown>>();

  /** Does work once all before it about the same VM is done, or has failed. */
  async enqueue<T>(entry: FleetVm, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(entry) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#last.set(entry, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(entry) === mine) this.#last.delete(entry);
    }
  }
}
