import type { FleetVm } from '../fleet/fleet-vm.js';

/** Work about VMs that takes time: that about one VM is done one after the other. */
export class VmQueues<Key = FleetVm> {
  /** The last work about each VM. */
  readonly #last = new Map<Key, Promise<unknown>>();

  /** Does work once all before it about the same VM is done, or has failed. */
  async enqueue<T>(entry: Key, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(entry) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#last.set(entry, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(entry) === mine) this.#last.delete(entry);
    }
  }

  /** Resolves when all that was asked for about a VM by now is done. */
  async idle(entry: Key): Promise<void> {
    const last = this.#last.get(entry);
    await last?.then(
      () => {},
      () => {},
    );
  }
}
