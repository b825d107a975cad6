import type { Applied, HistoryBudget, RequestsMade, RewoundRecord } from '../../journal/index.js';
import { CommandRefused, creationOf, pagesHeldBy, step, type Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { type Labels, NO_LABELS } from '../wire/labels.js';
import { anchorHistory } from './anchor-history.js';
import type { FleetLog, FleetOptions } from './fleet-options.js';
import {
  createFleetVm,
  type FleetVm,
  type FleetVmParts,
  type Origin,
  type RewoundTo,
  UNSEEN,
  type VmSpec,
  vmNotFound,
  vmPoisoned,
} from './fleet-vm.js';
import { Histories } from './histories.js';
import { Lease } from './lease.js';
import { Room } from './room.js';
import { TagCounts } from './tag-counts.js';
import { finishInTurns, Turns } from './turns.js';
import { VmLanes } from './vm-lanes.js';
import { WorkTally } from './work-tally.js';

/** Owns the VMs. The failure of one never reaches another. */
export class Fleet {
  readonly limits: Limits;
  readonly budget: HistoryBudget;
  readonly work = new WorkTally();
  readonly turns: Turns;
  readonly #log: FleetLog;
  readonly #ids: FleetOptions['ids'];
  /** The model that the fleet's VMs run on. */
  readonly step: typeof step;
  readonly #vms = new Map<string, FleetVm>();
  readonly #tags: TagCounts;
  readonly #deletionListeners = new Set<(entry: FleetVm) => void>();
  readonly #creationListeners = new Set<(entry: FleetVm) => void>();
  readonly #room: Room;
  readonly #histories: Histories;
  #made = 0;
  #published = 0;

  constructor({ limits, log, ids, turns = new Turns(), model = { step } }: FleetOptions) {
    this.limits = limits;
    this.#room = new Room(limits);
    this.#log = log;
    this.#ids = ids;
    this.turns = turns;
    this.step = model.step;
    this.#histories = new Histories(limits, model.step);
    this.budget = this.#histories.budget;
    this.#tags = new TagCounts(limits.vmsPerTag);
  }

  get size(): number {
    return this.#vms.size;
  }

  /** The vCPUs and pages of all VMs together. */
  get use(): Room['use'] {
    return this.#room.use;
  }

  /** @throws {ApiError} If a bound of the fleet is met. */
  async create(spec: VmSpec): Promise<FleetVm> {
    return this.#publish(await this.#draft(spec));
  }

  /** Makes a VM that nobody sees before it is prepared. @throws What `prepare` throws, or `create`. */
  async createPrepared<T>(
    spec: VmSpec,
    prepare: (draft: FleetVm) => Promise<T>,
  ): Promise<{ readonly entry: FleetVm; readonly prepared: T }> {
    const draft = await this.#draft(spec);
    try {
      const prepared = await prepare(draft);
      return { entry: this.#publish(draft), prepared };
    } catch (error) {
      this.#release(draft);
      throw error;
    }
  }

  /** Makes a VM of a state that nobody else holds, with the labels of the one it comes from. */
  createFork(vm: Vm, origin: Origin): FleetVm {
    const labels = this.#vms.get(origin.vm)?.labels ?? NO_LABELS;
    this.#tags.demand(NO_LABELS, labels);
    const pages = this.#room.admit(vm.config, 1, pagesHeldBy(vm));
    this.#tags.move(NO_LABELS, labels);
    return this.#publish(this.#make({ vm, origin, labels, lanes: null, traced: null }, pages));
  }

  async #draft(spec: VmSpec): Promise<FleetVm> {
    const { config, labels = NO_LABELS, lanes = null, traced = null } = spec;
    this.#tags.demand(NO_LABELS, labels);
    const pages = this.#room.admit(config, lanes === null ? 1 : lanes.length + 2);
    this.#tags.move(NO_LABELS, labels);
    const vm = await finishInTurns(this.turns, creationOf(config));
    const beside = lanes && new VmLanes(config, lanes);
    return this.#make({ vm, origin: null, labels, lanes: beside, traced }, pages);
  }

  #make(parts: Omit<FleetVmParts, 'id' | 'ring' | 'pages'>, pages: number): FleetVm {
    this.#made += 1;
    const id = this.#ids('vm', this.#made);
    const ring = this.#histories.create({ id, initial: parts.vm.initial });
    const entry = createFleetVm({ id, ring, pages, ...parts });
    this.#room.weigh(entry);
    return entry;
  }

  #publish(entry: FleetVm): FleetVm {
    this.#published += 1;
    entry.number = this.#published;
    entry.lease = this.#leaseOf(entry.id, entry.labels);
    this.#vms.set(entry.id, entry);
    for (const listener of this.#creationListeners) listener(entry);
    return entry;
  }

  /** @throws {ApiError} If one of the new tags is at its bound of VMs. */
  relabel(entry: FleetVm, labels: Labels): void {
    this.#tags.move(entry.labels, labels);
    entry.lease?.cancel();
    entry.labels = labels;
    entry.revision += 1;
    entry.lease = this.#leaseOf(entry.id, labels);
  }

  /** The VM of this id, if there is one. Its lease is not renewed. */
  find(id: string): FleetVm | undefined {
    return this.#vms.get(id);
  }

  /** The VM of this id; its lease is renewed. @throws {ApiError} If there is no such VM. */
  get(id: string): FleetVm {
    const entry = this.#vms.get(id);
    if (entry === undefined) throw vmNotFound(id, 'no such VM');
    entry.lease?.renew();
    return entry;
  }

  /** Renews the lease of a VM found earlier. @throws {ApiError} If it was deleted since. */
  demand(entry: FleetVm): void {
    if (this.#vms.get(entry.id) !== entry && entry.number !== UNSEEN) {
      throw vmNotFound(entry.id, 'deleted');
    }
    entry.lease?.renew();
  }

  /** The VMs created after `number`, in the order of their creation. */
  *list(number: number): Generator<FleetVm> {
    for (const entry of this.#vms.values()) if (entry.number > number) yield entry;
  }

  /** @throws {ApiError} If there is no such VM. */
  delete(id: string): void {
    const entry = this.get(id);
    this.#vms.delete(id);
    entry.lease?.cancel();
    // Streams end first, while the records that they have not sent are still kept.
    for (const listener of this.#deletionListeners) listener(entry);
    this.#release(entry);
  }

  onCreation(listener: (entry: FleetVm) => void): void {
    this.#creationListeners.add(listener);
  }

  onDeletion(listener: (entry: FleetVm) => void): void {
    this.#deletionListeners.add(listener);
  }

  /** Gives back the room that a copy of a VM took beyond the `pages` that it began with. */
  dropCopy(copy: FleetVm, pages: number): void {
    this.#room.dropCopy(copy, pages);
  }

  /** Applies one command. The caller tells the streams, of one command or of many at once. */
  run(entry: FleetVm, command: Command): Applied {
    if (entry.poison === null) this.#room.demand(entry, command.kind);
    return this.runTried(entry, command);
  }

  /** Applies a command that was found to have room when it was tried on a copy. */
  runTried(entry: FleetVm, command: Command): Applied {
    const { id, vm, recorder, ring } = entry;
    if (entry.poison !== null) throw vmPoisoned(id, `run "${command.kind}"`, entry.poison);
    anchorHistory(entry);
    try {
      const applied = recorder.record(command, (emit) => this.step(vm, command, emit));
      entry.story?.take(vm, command.vcpu, applied);
      const violations = this.work.count(command.kind, applied.events);
      if (violations > 0) entry.violations.take(ring, applied.events);
      entry.lanes?.follow(command);
      return applied;
    } catch (error) {
      if (error instanceof CommandRefused) throw new ApiError('command-refused', error.message);
      entry.revision += 1;
      entry.poison = { command, reason: error instanceof Error ? error.message : String(error) };
      this.#log.error({ err: error, vm: id, seq: ring.head, command }, 'VM poisoned');
      throw vmPoisoned(id, `run "${command.kind}"`, entry.poison);
    } finally {
      this.#room.weigh(entry);
    }
  }

  /**
   * Takes a VM back, after which a VM that has failed runs again.
   * @param state The earlier state, which nobody else holds.
   * @param made The requests that were pending in it, by the `seq` that made them.
   * @throws {ApiError} If there is no room for the state.
   */
  rewind(entry: FleetVm, state: Vm, to: RewoundTo, made?: RequestsMade): RewoundRecord {
    this.#room.demandPages(pagesHeldBy(state) - entry.pages, `take VM "${entry.id}" back`);
    anchorHistory(entry);
    entry.vm = state;
    entry.poison = null;
    entry.lanes?.rewound(to.to);
    this.#room.weigh(entry);
    const record = entry.recorder.rewound(to, made);
    entry.story?.rewound(state, record.seq);
    entry.ring.notify();
    return record;
  }

  /** Cancels the leases: idle VMs are no longer deleted. */
  close(): void {
    for (const { lease } of this.#vms.values()) lease?.cancel();
  }

  #release(entry: FleetVm): void {
    this.#room.release(entry);
    this.#tags.move(entry.labels, NO_LABELS);
    this.#histories.clear(entry.ring);
  }

  #leaseOf(id: string, { ttlSeconds }: Labels): Lease | null {
    if (ttlSeconds === null) return null;
    return new Lease(ttlSeconds, () => {
      this.delete(id);
      this.#log.info({ vm: id, ttlSeconds }, 'Idle VM deleted');
    });
  }
}
