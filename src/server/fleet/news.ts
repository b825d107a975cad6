import { type Labels, NO_LABELS } from '../wire/labels.js';
import type { FleetVm } from './fleet-vm.js';
import type { FleetNews } from './keeper.js';
import type { Lease } from './lease.js';
import type { Room } from './room.js';
import type { Roster } from './roster.js';
import { isAwake, type Member, type Sleeper } from './sleeper.js';
import type { Sleeping } from './sleeping.js';
import type { TagCounts } from './tag-counts.js';
import type { NamedState } from './vm-log.js';

export interface NewsOptions {
  readonly roster: Roster;
  readonly room: Room;
  readonly tags: TagCounts;
  readonly sleeping: Sleeping;
  readonly leaseOf: (id: string, labels: Labels) => Lease | null;
  /** Tells that a VM is gone that is on the roster no more, and lets go of what it had. */
  readonly bury: (member: Member) => void;
}

/** The part of a fleet that takes notice of what other servers do to its VMs. */
export class News implements FleetNews {
  readonly #options: NewsOptions;
  readonly #onNamed: ((id: string, name: string, state: NamedState | null) => void)[] = [];
  readonly #onNoted: ((sleeper: Sleeper) => void)[] = [];

  constructor(options: NewsOptions) {
    this.#options = options;
  }

  /** @param listener Called with a snapshot that another server took of a VM, or null if it deleted it. */
  onNamed(listener: (id: string, name: string, state: NamedState | null) => void): void {
    this.#onNamed.push(listener);
  }

  /** @param listener Called with a VM that sleeps here, before what another server did to it is noted. */
  onNoted(listener: (before: Sleeper) => void): void {
    this.#onNoted.push(listener);
  }

  noted(sleeper: Sleeper): void {
    const { roster, tags, leaseOf } = this.#options;
    const before = roster.member(sleeper.id);
    if (isAwake(before)) return;
    if (before !== undefined) for (const listener of this.#onNoted) listener(before);
    // One that is being woken is read to its end.
    if (before?.waking != null) return;
    tags.follow(before?.labels ?? NO_LABELS, sleeper.labels);
    sleeper.lease = before?.lease ?? null;
    sleeper.lease = leaseBehind(sleeper, before?.labels.ttlSeconds ?? null, leaseOf);
    if (before === undefined) roster.takeIn(sleeper);
    else roster.replace(sleeper);
  }

  begun(id: string): void {
    const { roster } = this.#options;
    roster.tellCreated(id, roster.member(id));
  }

  deleted(id: string): void {
    const { roster, bury } = this.#options;
    const member = roster.member(id);
    roster.remove(id);
    member?.lease?.cancel();
    if (member === undefined) roster.tellDeleted(id, member);
    else bury(member);
  }

  changed(entry: FleetVm, before: Labels): void {
    const { room, tags, leaseOf } = this.#options;
    room.weigh(entry);
    tags.follow(before, entry.labels);
    entry.lease = leaseBehind(entry, before.ttlSeconds, leaseOf);
  }

  named({ id }: FleetVm, name: string, state: NamedState | null): void {
    for (const listener of this.#onNamed) listener(id, name, state);
  }

  dropped(entry: FleetVm, sleeper: Sleeper | null): void {
    this.#options.sleeping.drop(entry, sleeper);
  }
}

/** The lease of a VM behind the news: another one if its TTL is another. */
function leaseBehind(
  { id, labels, lease }: Member,
  ttlSeconds: number | null,
  leaseOf: NewsOptions['leaseOf'],
): Lease | null {
  if (labels.ttlSeconds === ttlSeconds) {
    lease?.heard();
    return lease;
  }
  lease?.cancel();
  return leaseOf(id, labels);
}
