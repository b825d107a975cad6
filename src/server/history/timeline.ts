import type { RewoundRecord } from '../../journal/index.js';
import { creationOf, type FrozenVm, freezeVm, thawVm, type Vm } from '../../mmu/index.js';
import type { Fleet } from '../fleet/fleet.js';
import { type FleetVm, vmPoisoned } from '../fleet/fleet-vm.js';
import { holdAlone } from '../fleet/hold-alone.js';
import { finishInTurns } from '../fleet/turns.js';
import { ApiError } from '../wire/errors.js';
import { commandsBetween, replay } from './replay.js';
import { type Snapshot, Snapshots } from './snapshots.js';

/** A state from which later ones can be made; null for the first state of the VM. */
interface Start {
  readonly seq: number;
  readonly state: FrozenVm | null;
}

/**
 * The past states of VMs: snapshots, and every state that history still holds.
 *
 * Commands are indivisible: the state at the `seq` of an event is the one after its command.
 */
export class Timeline {
  readonly snapshots: Snapshots;
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.snapshots = new Snapshots(fleet.limits);
    fleet.onDeletion((id) => this.snapshots.forget(id));
    fleet.sleeping.onRest(({ id }) => this.snapshots.forget(id));
    fleet.sleeping.onWaking(({ entry, snapshots }) => this.snapshots.takeUp(entry.id, snapshots));
    fleet.news.onNamed((id, name, state) => this.snapshots.replace(id, name, state));
  }

  /** Takes a VM back to its first state. @throws {ApiError} If it is deleted meanwhile. */
  async reset(entry: FleetVm): Promise<RewoundRecord> {
    return await holdAlone(entry, async () => {
      const state = await finishInTurns(this.#fleet.turns, creationOf(entry.vm.initial));
      this.#fleet.demand(entry);
      return this.#fleet.rewind(entry, state, { snapshot: null, to: null, state: null });
    });
  }

  /** @throws {ApiError} If the VM has failed, the name is taken, or a bound is met. */
  take(entry: FleetVm, name: string): Snapshot {
    const { id, vm, ring, recorder, poison } = entry;
    if (poison !== null) throw vmPoisoned(id, `take snapshot "${name}"`, poison);
    const made = recorder.requestsMade();
    const taken = this.snapshots.add(id, { name, seq: ring.head, state: freezeVm(vm), made });
    entry.revision += 1;
    entry.log?.snapshotTaken(taken);
    return taken;
  }

  /** Deletes a snapshot. @throws {ApiError} If there is none of this name. */
  forget(entry: FleetVm, name: string): void {
    this.snapshots.delete(entry.id, name);
    entry.revision += 1;
    entry.log?.snapshotDeleted(name);
  }

  /** @throws {ApiError} If there is no such snapshot, or no room for its state. */
  restore(entry: FleetVm, name: string): RewoundRecord {
    const { seq, state, made } = this.snapshots.get(entry.id, name);
    const vm = thawVm(entry.vm.initial, state);
    return this.#fleet.rewind(entry, vm, { snapshot: name, to: seq, state }, made);
  }

  /**
   * The state at a moment, as a VM that belongs to the caller.
   *
   * @throws {ApiError} If the moment is in the future, or its history is no longer kept.
   */
  async stateAt(entry: FleetVm, seq: number): Promise<Vm> {
    this.demandPast(entry, seq);
    const { vm, ring, poison } = entry;
    const { turns } = this.#fleet;
    turns.begin();
    if (seq === ring.head && poison === null) {
      const state = freezeVm(vm);
      if (turns.isOver()) await turns.next(true);
      return thawVm(vm.initial, state);
    }
    // Both in one turn: later, history may have moved on.
    const start = this.startFor(entry, seq);
    const commands = [...commandsBetween(ring, start.seq, seq)];
    return replay(this.#fleet, await start.vm(), commands);
  }

  /**
   * The nearest state that is kept from which a moment can be made by commands alone.
   *
   * @throws {ApiError} If history of the moment is no longer kept.
   */
  startFor(entry: FleetVm, seq: number): { readonly seq: number; readonly vm: () => Promise<Vm> } {
    const { ring, vm } = entry;
    const kept = this.#keptFor(entry, seq);
    const { seq: from, state } = ring.past.lastRewound(kept.seq, seq) ?? kept;
    const { initial } = vm;
    const { turns } = this.#fleet;
    return {
      seq: from,
      vm: async () =>
        state === null ? finishInTurns(turns, creationOf(initial)) : thawVm(initial, state),
    };
  }

  /** @throws {ApiError} If the moment is in the future. */
  demandPast({ id, ring: { head } }: FleetVm, seq: number): void {
    if (seq <= head) return;
    throw new ApiError(
      'invalid-request',
      `Cannot go to ${seq}: the newest of VM "${id}" is ${head}`,
    );
  }

  #keptFor({ id, vm, ring }: FleetVm, seq: number): Start {
    const { head, oldest } = ring;
    const isKept = seq >= oldest - 1;
    // A snapshot before a forgotten command does not tell what the command did.
    const named = [...this.snapshots.of(id).values()].filter((snapshot) =>
      isKept ? snapshot.seq <= seq && snapshot.seq >= oldest - 1 : snapshot.seq === seq,
    );
    const checkpoint = ring.past.checkpointFor(seq);
    const starts: Start[] = checkpoint === null ? named : [checkpoint, ...named];
    if (starts.length > 0) return starts.reduce((a, b) => (b.seq > a.seq ? b : a));
    // No command is kept, so nothing has happened since.
    if (isKept) return { seq: head, state: freezeVm(vm) };
    throw new ApiError(
      'events-expired',
      `Cannot go to ${seq}: history is kept from ${oldest}, and no snapshot was taken at ${seq}`,
      { oldest },
    );
  }
}
