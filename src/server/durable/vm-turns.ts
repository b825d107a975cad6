import { VmQueues } from '../history/vm-queues.js';

/**
 * Turns of all that befalls the VMs of a shared journal: requests that change one, the writing of
 * its log, and what other servers wrote to it. So nothing is written before its request is through.
 */
export class VmTurns {
  readonly #queues = new VmQueues<string>();
  /** The last creation or deletion that is to be told. */
  #life: Promise<void> = Promise.resolve();

  /** Does something to a VM when its turn comes. */
  take<T>(vm: string, work: () => Promise<T>): Promise<T> {
    return this.#queues.enqueue(vm, work);
  }

  /** Tells of a creation or deletion: behind those before it, and behind all that befell its VM. */
  tellLife(vm: string, tell: () => void): void {
    this.#life = this.#life.then(() => this.take(vm, async () => tell()));
  }

  /**
   * Resolves when all is done that is known by now.
   *
   * @param vm The VM that is asked for; without it, creations and deletions alone count.
   */
  async caughtUp(vm?: string): Promise<void> {
    await this.#life;
    if (vm !== undefined) await this.#queues.idle(vm);
  }
}
