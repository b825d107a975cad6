import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { isAwake, type Member } from '../fleet/sleeper.js';
import { BOUNDS } from '../wire/bounds.js';
import { NO_LABELS } from '../wire/labels.js';
import type { LifeFrame } from './fleet-frames.js';

/** A VM that has more to read than readers of all VMs know. */
export interface Changed {
  readonly entry: FleetVm;
  /** The newest sequence number that they know of. */
  readonly before: number;
  /** Number of the newest creation or deletion before it changed. */
  readonly number: number;
}

/** A VM that readers of all VMs follow. */
interface Followed {
  readonly entry: FleetVm;
  /** The newest sequence number that readers were told of. */
  told: number;
  /** Number of the newest creation or deletion when it changed, if they were not told. */
  number: number;
  readonly stop: () => void;
}

export interface FleetFeedOptions {
  readonly fleet: Fleet;
  /** Called when there is something to {@link FleetFeed.tell}, or a creation or deletion. */
  readonly onNews: () => void;
  /** Called with a VM that changed, and its newest sequence number that readers know of. */
  readonly onChange: (entry: FleetVm, told: number) => void;
  /** Number of creations and deletions before the first one. */
  readonly from?: number | undefined;
  /** Called with each VM that readers were told of. */
  readonly onTold: (vm: string) => void;
}

/**
 * Tells the readers of all VMs what happens to any of them. It listens to the VMs only while there
 * is a reader, so that idle VMs cost nothing.
 */
export class FleetFeed {
  readonly #options: FleetFeedOptions;
  readonly #listeners = new Set<(changed: Changed) => void>();
  readonly #followed = new Map<string, Followed>();
  /** VMs whose news the readers were not told of. */
  readonly #changed = new Set<Followed>();
  #life: LifeFrame[] = [];
  #number: number;

  constructor(options: FleetFeedOptions) {
    this.#options = options;
    const { fleet, from = 0 } = options;
    this.#number = from;
    fleet.onCreation((id, member) => {
      const entry = isAwake(member) ? member : null;
      if (this.#listeners.size > 0 && entry !== null) this.#follow(entry, 0);
      this.#note(id, 'created', member);
      // A prepared VM has a history already.
      entry?.ring.notify();
    });
    fleet.sleeping.onWaking(({ entry }, slept) => {
      if (this.#listeners.size === 0) return;
      this.#follow(entry, slept);
      if (entry.ring.readable > slept) entry.ring.notify();
    });
    // Another server has changed one that sleeps here.
    fleet.news.onNoted(({ id }) => {
      if (this.#listeners.size > 0) void fleet.sleeping.wake(id).catch(() => {});
    });
    fleet.sleeping.onRest(({ id }) => {
      const followed = this.#followed.get(id);
      if (followed !== undefined) this.#unfollow(followed);
    });
    fleet.onDeletion((id, member) => {
      // Of all of them, so that their order stays.
      this.tell(Number.POSITIVE_INFINITY);
      const followed = this.#followed.get(id);
      if (followed !== undefined) this.#unfollow(followed);
      this.#note(id, 'deleted', member);
    });
  }

  /** Number of the newest creation or deletion, 0 before the first. */
  get number(): number {
    return this.#number;
  }

  /** Number up to which readers were told of all VMs that changed before. */
  get toldNumber(): number {
    for (const { number } of this.#changed) return number;
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
  listen(listener: (changed: Changed) => void): () => void {
    if (this.#listeners.size === 0) {
      for (const member of this.#options.fleet.list(0)) {
        if (isAwake(member)) this.#follow(member, member.ring.readable);
      }
    }
    // A reader is not told of what was before it.
    this.tell(Number.POSITIVE_INFINITY);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      for (const followed of [...this.#followed.values()]) this.#unfollow(followed);
    };
  }

  /**
   * Tells the readers which VMs have more to read.
   *
   * @param vmsMax VMs that are told of at most.
   * @returns Whether they know of all.
   */
  tell(vmsMax: number): boolean {
    let count = 0;
    for (const followed of this.#changed) {
      if (count === vmsMax) return false;
      count += 1;
      this.#tellOf(followed);
    }
    return true;
  }

  /** @param told The newest sequence number that readers know of. */
  #follow(entry: FleetVm, told: number): void {
    const stop = entry.ring.listen(() => {
      if (!this.#changed.has(followed)) {
        followed.number = this.#number;
        this.#changed.add(followed);
        this.#options.onChange(entry, followed.told);
      }
      this.#options.onNews();
    });
    const followed: Followed = { entry, told, number: this.#number, stop };
    this.#followed.set(entry.id, followed);
  }

  #unfollow(followed: Followed): void {
    followed.stop();
    this.#changed.delete(followed);
    this.#followed.delete(followed.entry.id);
  }

  #tellOf(followed: Followed): void {
    const { entry, told: before, number } = followed;
    this.#changed.delete(followed);
    followed.told = entry.ring.readable;
    if (followed.told > before) {
      for (const listener of this.#listeners) listener({ entry, before, number });
    }
    this.#options.onTold(entry.id);
  }

  /** @param member Undefined if the VM is gone, and nothing is known of it any more. */
  #note(vm: string, life: LifeFrame['life'], member: Member | undefined): void {
    const { name, tags } = member?.labels ?? NO_LABELS;
    const head = isAwake(member) ? member.ring.readable : (member?.summary.seq ?? 0);
    this.#number += 1;
    this.#life.push({ type: 'life', number: this.#number, vm, life, name, tags, head });
    // Cut by half, because shifting the whole array for each new one would cost more.
    if (this.#life.length >= 2 * BOUNDS.lifeRecords.value)
      this.#life = this.#life.slice(BOUNDS.lifeRecords.value);
    this.#options.onNews();
  }
}
