import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { BOUNDS } from '../wire/bounds.js';
import type { LifeFrame } from './fleet-frames.js';

/** A reader of all VMs. */
export interface FleetListener {
  /** Called after creations and deletions. */
  readonly lifeChanged: () => void;
  /**
   * Called when a VM has more to read.
   *
   * @param before Its newest sequence number until then.
   */
  readonly vmChanged: (entry: FleetVm, before: number) => void;
}

/**
 * Tells the readers of all VMs what happens to any of them. It listens to the VMs only while there
 * is a reader, so that idle VMs cost nothing.
 */
export class FleetFeed {
  readonly #fleet: Fleet;
  readonly #listeners = new Set<FleetListener>();
  /** Functions that stop the listening to a VM, by its id. */
  readonly #stops = new Map<string, () => void>();
  #life: LifeFrame[] = [];
  #number = 0;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    fleet.onCreation((entry) => {
      if (this.#listeners.size > 0) this.#follow(entry, 0);
      this.#note(entry, 'created');
      // A prepared VM has a history already.
      entry.ring.notify();
    });
    fleet.onDeletion((entry) => {
      this.#unfollow(entry.id);
      this.#note(entry, 'deleted');
    });
  }

  /** Number of the newest creation or deletion, 0 before the first. */
  get number(): number {
    return this.#number;
  }

  /** The lowest number that is kept; one above `number` if none is. */
  get oldest(): number {
    return this.#number - this.#life.length + 1;
  }

  /** @param number From `oldest` to `number`. */
  at(number: number): LifeFrame {
    return this.#life[number - this.oldest] as LifeFrame;
  }

  /** @returns A function that stops the listening; further calls do nothing. */
  listen(listener: FleetListener): () => void {
    if (this.#listeners.size === 0) {
      for (const entry of this.#fleet.list(0)) this.#follow(entry, entry.ring.head);
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) for (const id of [...this.#stops.keys()]) this.#unfollow(id);
    };
  }

  /** @param after The newest sequence number that was told. */
  #follow(entry: FleetVm, after: number): void {
    let before = after;
    const stop = entry.ring.listen(() => {
      const from = before;
      before = entry.ring.head;
      if (before > from) for (const listener of this.#listeners) listener.vmChanged(entry, from);
    });
    this.#stops.set(entry.id, stop);
  }

  #unfollow(id: string): void {
    this.#stops.get(id)?.();
    this.#stops.delete(id);
  }

  #note(
    { id: vm, ring: { head }, labels: { name, tags } }: FleetVm,
    life: LifeFrame['life'],
  ): void {
    this.#number += 1;
    this.#life.push({ type: 'life', number: this.#number, vm, life, name, tags, head });
    // Cut by half, because shifting the whole array for each new one would cost more.
    if (this.#life.length >= 2 * BOUNDS.lifeRecords.value)
      this.#life = this.#life.slice(BOUNDS.lifeRecords.value);
    for (const listener of this.#listeners) listener.lifeChanged();
  }
}
