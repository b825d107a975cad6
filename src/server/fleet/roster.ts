import { type FleetVm, UNSEEN, vmNotFound } from './fleet-vm.js';
import { isAwake, type Member, type Sleeper } from './sleeper.js';

type Listener = (entry: FleetVm) => void;

/** Changes of a VM that listeners are told of. */
const LISTENED = ['created', 'rested'] as const;
type Listened = (typeof LISTENED)[number];

/** The VMs by id, in the order of their publication, awake or not. */
export class Roster {
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Map<Listened, Listener[]>(LISTENED.map((life) => [life, []]));
  readonly #deletionListeners: ((member: Member) => void)[] = [];
  #published = 0;

  get size(): number {
    return this.#members.size;
  }

  on(life: Listened, listener: Listener): void {
    this.#listeners.get(life)?.push(listener);
  }

  tell(life: Listened, entry: FleetVm): void {
    for (const listener of this.#listeners.get(life) ?? []) listener(entry);
  }

  onDeletion(listener: (member: Member) => void): void {
    this.#deletionListeners.push(listener);
  }

  tellDeleted(member: Member): void {
    for (const listener of this.#deletionListeners) listener(member);
  }

  /** Takes a VM in, behind all others. */
  add(entry: FleetVm): void {
    this.#published += 1;
    entry.number = this.#published;
    this.#members.set(entry.id, entry);
  }

  /** Takes in the VMs of an earlier process, in the order of their numbers. */
  adopt(sleepers: readonly Sleeper[]): void {
    for (const sleeper of [...sleepers].sort((a, b) => a.number - b.number)) {
      this.#members.set(sleeper.id, sleeper);
      this.#published = Math.max(this.#published, sleeper.number);
    }
  }

  /** Takes a VM in again that was removed, in its old place. */
  restore(member: Member): void {
    const others = [...this.#members.values(), member].sort((a, b) => a.number - b.number);
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
