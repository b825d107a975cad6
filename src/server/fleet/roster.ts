import { type FleetVm, UNSEEN, vmNotFound } from './fleet-vm.js';
import { isAwake, type Member, type Sleeper } from './sleeper.js';

/** Called with a VM that was created or deleted; it is undefined if nothing is known of it here. */
export type LifeListener = (id: string, member: Member | undefined) => void;

/** The VMs by id, in the order of their publication, awake or not. */
export class Roster {
  readonly #members = new Map<string, Member>();
  readonly #creationListeners: LifeListener[] = [];
  readonly #restListeners: ((entry: FleetVm) => void)[] = [];
  readonly #deletionListeners: LifeListener[] = [];
  #published = 0;

  get size(): number {
    return this.#members.size;
  }

  onCreation(listener: LifeListener): void {
    this.#creationListeners.push(listener);
  }

  tellCreated(id: string, member: Member | undefined): void {
    for (const listener of this.#creationListeners) listener(id, member);
  }

  onRest(listener: (entry: FleetVm) => void): void {
    this.#restListeners.push(listener);
  }

  tellRested(entry: FleetVm): void {
    for (const listener of this.#restListeners) listener(entry);
  }

  onDeletion(listener: LifeListener): void {
    this.#deletionListeners.push(listener);
  }

  tellDeleted(id: string, member: Member | undefined): void {
    for (const listener of this.#deletionListeners) listener(id, member);
  }

  /** Takes a VM in, behind all others. */
  add(entry: FleetVm): void {
    this.#published += 1;
    entry.number = this.#published;
    this.#members.set(entry.id, entry);
  }

  /** Takes in the VMs of an earlier process, in the order of their numbers. */
  adopt(sleepers: readonly Sleeper[]): void {
    for (const sleeper of [...sleepers].sort(byNumber)) this.takeIn(sleeper);
  }

  /** Takes in a VM of another process, which may have given it a number that this one gave as well. */
  takeIn(sleeper: Sleeper): void {
    if (sleeper.number <= this.#published) this.restore(sleeper);
    else this.#members.set(sleeper.id, sleeper);
    this.#published = Math.max(this.#published, sleeper.number);
  }

  /** Takes a VM in again that was removed, in its old place. */
  restore(member: Member): void {
    const others = [...this.#members.values(), member].sort(byNumber);
    this.#members.clear();
    for (const other of others) this.#members.set(other.id, other);
  }

  /** Puts a VM in the place of its sleeper, or the other way round. */
  replace(member: Member): void {
    this.#members.set(member.id, member);
  }

  remove(id: string): void {
    this.#members.delete(id);
  }

  member(id: string): Member | undefined {
    return this.#members.get(id);
  }

  find(id: string): FleetVm | undefined {
    const member = this.#members.get(id);
    return isAwake(member) ? member : undefined;
  }

  get(id: string): FleetVm {
    const member = this.#members.get(id);
    if (member === undefined) throw vmNotFound(id, 'no such VM');
    if (!isAwake(member)) throw new Error(`VM "${id}" sleeps, and nobody woke it`);
    member.lease?.renew();
    member.usedAt = performance.now();
    return member;
  }

  demand(entry: FleetVm): void {
    if (this.#members.get(entry.id) !== entry && entry.number !== UNSEEN) {
      throw vmNotFound(entry.id, 'deleted');
    }
    entry.lease?.renew();
    entry.usedAt = performance.now();
  }

  *list(number: number): Generator<Member> {
    for (const member of this.#members.values()) if (member.number > number) yield member;
  }
}

/** The order of a list. VMs of one number, which two servers made at once, are in that of their ids. */
function byNumber(a: Member, b: Member): number {
  return a.number - b.number || (a.id < b.id ? -1 : 1);
}
