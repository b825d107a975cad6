import { type Labels, NO_LABELS } from '../wire/labels.js';
import type { FleetVm } from './fleet-vm.js';
import type { Histories } from './histories.js';
import { idleIn, restIdle } from './idle-rest.js';
import type { Cradle, Keeper, Woken } from './keeper.js';
import type { Lease } from './lease.js';
import type { Room } from './room.js';
import type { Roster } from './roster.js';
import { isAwake, type Member, type Sleeper } from './sleeper.js';
import type { TagCounts } from './tag-counts.js';
import { vmSummaryOf } from './vm-body.js';

export interface SleepingOptions {
  readonly roster: Roster;
  readonly room: Room;
  readonly tags: TagCounts;
  readonly histories: Histories;
  readonly leaseOf: (id: string, labels: Labels) => Lease | null;
  readonly keeper: Keeper | null;
  readonly cradle: Cradle;
}

/** Puts VMs to sleep that nobody uses, and wakes them. Without a keeper none ever sleeps. */
export class Sleeping {
  readonly #options: SleepingOptions;
  readonly #onWaking: ((woken: Woken, slept: number) => void)[] = [];

  constructor(options: SleepingOptions) {
    this.#options = options;
  }

  /** Takes a VM back, awake or not, whose deletion could not be written. */
  restore(member: Member): void {
    const { roster, leaseOf } = this.#options;
    roster.restore(member);
    member.lease = leaseOf(member.id, member.labels);
  }

  /** A VM as a list shows it: nothing of it that another server may still undo. */
  summaryOf(member: Member): Sleeper['summary'] {
    if (!isAwake(member)) return member.summary;
    return this.#options.keeper?.keptSummary(member.id) ?? vmSummaryOf(member);
  }

  /** Takes in the VMs of an earlier process, asleep. */
  adopt(sleepers: readonly Sleeper[]): void {
    const { roster, tags, leaseOf } = this.#options;
    roster.adopt(sleepers);
    for (const sleeper of sleepers) {
      tags.move(NO_LABELS, sleeper.labels);
      sleeper.lease = leaseOf(sleeper.id, sleeper.labels);
    }
  }

  /**
   * Wakes a VM, if there is one that sleeps. Must be awaited before a VM is named.
   *
   * @throws {ApiError} If it cannot be made again, or there is no room for it.
   */
  async wake(id: string): Promise<void> {
    const member = this.#options.roster.member(id);
    if (member === undefined || isAwake(member)) return;
    member.waking ??= this.#wake(member).finally(() => {
      member.waking = null;
    });
    await member.waking;
  }

  /** Wakes a VM and those that it was forked from, whose commands lead to its state. */
  async wakeFamily(id: string): Promise<void> {
    const { roster } = this.#options;
    for (let next: string | undefined = id; next !== undefined; ) {
      await this.wake(next);
      next = roster.find(next)?.origin?.vm;
    }
  }

  /** Puts a VM to sleep, unless somebody uses it. */
  async rest(entry: FleetVm): Promise<void> {
    const { keeper, roster } = this.#options;
    if (keeper === null) return;
    const { head } = entry.ring;
    const { revision } = entry;
    const sleeper = await keeper.rest(entry);
    const isUsed = entry.users > 0 || entry.held !== null;
    const isChanged = entry.ring.head !== head || entry.revision !== revision;
    if (!isUsed && !isChanged && roster.find(entry.id) === entry) this.#retire(entry, sleeper);
  }

  /**
   * Makes room for one more VM, where the bound of VMs is met: the one that was used longest ago
   * sleeps.
   */
  async makeRoom(): Promise<void> {
    const { keeper, roster, room } = this.#options;
    if (keeper === null || !room.isFull) return;
    const [longest] = idleIn(roster);
    if (longest !== undefined) await this.rest(longest);
  }

  /** Begins to put idle VMs to sleep. @returns Ends it. */
  restIdle(idleMs: number): () => void {
    const { keeper, roster } = this.#options;
    if (keeper === null) return () => {};
    return restIdle({ roster, idleMs, rest: (entry) => this.rest(entry) });
  }

  /** Drops what is in memory of a VM; a null sleeper if nothing of it is kept. */
  drop(entry: FleetVm, sleeper: Sleeper | null): void {
    const { roster, room, histories, tags } = this.#options;
    if (roster.find(entry.id) !== entry) return;
    if (sleeper !== null) {
      this.#retire(entry, sleeper);
      return;
    }
    roster.remove(entry.id);
    entry.lease?.cancel();
    roster.tellRested(entry);
    room.release(entry);
    tags.move(entry.labels, NO_LABELS);
    histories.clear(entry.ring);
  }

  /** @param listener Called with a VM that has been woken, and its `seq` when it slept. */
  onWaking(listener: (woken: Woken, slept: number) => void): void {
    this.#onWaking.push(listener);
  }

  /** @param listener Called with a VM that is no longer in memory, though it is not deleted. */
  onRest(listener: (entry: FleetVm) => void): void {
    this.#options.roster.onRest(listener);
  }

  async #wake(sleeper: Sleeper): Promise<void> {
    const { keeper, roster, room, tags, cradle, histories } = this.#options;
    if (keeper === null) throw new Error(`Cannot wake VM "${sleeper.id}": nobody keeps it`);
    await this.makeRoom();
    const woken = await keeper.wake(sleeper, cradle);
    const { entry } = woken;
    const leave = () => {
      keeper.leave(entry);
      histories.clear(entry.ring);
    };
    try {
      entry.pages = room.admit(entry.vm.config, 1 + (entry.lanes?.count ?? 0), 0);
    } catch (error) {
      leave();
      throw error;
    }
    // It may have been deleted meanwhile.
    if (roster.member(sleeper.id) !== sleeper) {
      room.release(entry);
      leave();
      return;
    }
    room.weigh(entry);
    entry.usedAt = performance.now();
    entry.number = sleeper.number;
    entry.lease = sleeper.lease;
    // Another server may have given it others meanwhile.
    tags.follow(sleeper.labels, entry.labels);
    roster.replace(entry);
    for (const listener of this.#onWaking) listener(woken, sleeper.summary.seq);
  }

  #retire(entry: FleetVm, sleeper: Sleeper): void {
    const { roster, room, tags, histories, keeper } = this.#options;
    keeper?.leave(entry);
    sleeper.lease = entry.lease;
    tags.follow(entry.labels, sleeper.labels);
    roster.replace(sleeper);
    roster.tellRested(entry);
    room.release(entry);
    histories.clear(entry.ring);
  }
}
