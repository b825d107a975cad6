import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { LIFE_RECORDS_MAX } from '../wire/limits.js';
import type { LifeFrame } from './fleet-frames.js';

/** Who follows all VMs. */
export interface FleetListener {
  /** VMs came or went. */
  readonly lifeChanged: () => void;
  /** A VM has more to read. @param before Its newest sequence number until then. */
  readonly vmChanged: (entry: FleetVm, before: number) => void;
}

/**
 * What happens to VMs, for those who follow all of them. It listens to every VM while someone
 * follows and to none otherwise, so that idle VMs cost nothing.
 */
export class FleetFeed {
  readonly #fleet: Fleet;
  readonly #listeners = new Set<FleetListener>();
  /** What stops the listening to a VM. */
  readonly #stops = new Map<string, () => void>();
  #life: LifeFrame[] = [];
  #number = 0;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    fleet.onCreation((entry) => {
      if (this.#listeners.size > 0) this.#follow(entry, 0);
      this.#note(entry, 'created');
      // It may come with a history.
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

  /** @returns What stops the listening. */
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

  /** @param after Up to here all was told. */
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
    // Cut by halves: to move all of them for each that comes would cost more.
    if (this.#life.length >= 2 * LIFE_RECORDS_MAX) this.#life = this.#life.slice(LIFE_RECORDS_MAX);
    for (const listener of this.#listeners) listener.lifeChanged();
  }
}
