import {
  type Applied,
  HistoryBudget,
  Recorder,
  type RequestsMade,
  type RewoundRecord,
} from '../../journal/index.js';
import { CommandRefused, createVm, pagesHeldBy, step, type Vm } from '../../mmu/index.js';
import type { Command, VmConfig } from '../../mmu/schema/index.js';
import { ApiError } from '../wire/errors.js';
import { type Labels, NO_LABELS, TagCounts } from '../wire/labels.js';
import type { Limits } from '../wire/limits.js';
import { anchorHistory, createRing } from './anchor-history.js';
import type { FleetLog, FleetOptions } from './fleet-options.js';
import { type FleetVm, type Origin, type RewoundTo, vcpuOf, vmNotFound } from './fleet-vm.js';
import { Room } from './room.js';
import { Lease } from './ttl.js';
import { type Lanes, VmLanes } from './vm-lanes.js';
import { WorkTally } from './work-tally.js';

/** Owns the VMs, and keeps each one's failure to itself. */
export class Fleet {
  readonly limits: Limits;
  readonly budget: HistoryBudget;
  readonly work = new WorkTally();
  readonly #log: FleetLog;
  /** The model, that of the fleet's own VMs. */
  readonly step: typeof step;
  readonly #vms = new Map<string, FleetVm>();
  readonly #tags: TagCounts;
  readonly #deletionListeners = new Set<(entry: FleetVm) => void>();
  readonly #creationListeners = new Set<(entry: FleetVm) => void>();
  readonly #room: Room;
  /** VMs that nobody sees yet. */
  readonly #drafts = new Set<FleetVm>();
  #made = 0;
  #published = 0;

  constructor({ limits, log, model = { step } }: FleetOptions) {
    this.limits = limits;
    this.budget = new HistoryBudget(limits.historyRecordsMax);
    this.#room = new Room(limits);
    this.#log = log;
    this.step = model.step;
    this.#tags = new TagCounts(limits.vmsPerTagMax);
  }

  get size(): number {
    return this.#vms.size;
  }

  /** The vCPUs and pages that the VMs take together. */
  get use(): { readonly vcpus: number; readonly pages: number } {
    return this.#room.use;
  }

  /** @throws {ApiError} If a bound of the fleet is met. */
  create(config: VmConfig, labels: Labels = NO_LABELS, lanes: Lanes | null = null): FleetVm {
    return this.publish(this.draft(config, labels, lanes));
  }

  /**
   * Makes a VM that nobody sees before it is published. It has its room already.
   *
   * @throws {ApiError} If a bound of the fleet is met.
   */
  draft(config: VmConfig, labels: Labels, lanes: Lanes | null = null): FleetVm {
    this.#tags.demand(NO_LABELS, labels);
    this.#room.admit(config, lanes === null ? 1 : lanes.length + 2);
    const beside = lanes === null ? null : new VmLanes(config, lanes);
    return this.#make(createVm(config), null, labels, beside);
  }

  /** Lets a VM be seen. @returns It. */
  publish(entry: FleetVm): FleetVm {
    this.#drafts.delete(entry);
    this.#published += 1;
    entry.number = this.#published;
    entry.lease = this.#leaseOf(entry.id, entry.labels);
    this.#vms.set(entry.id, entry);
    for (const listener of this.#creationListeners) listener(entry);
    return entry;
  }

  /** Gives up a VM that nobody has seen. */
  discard(entry: FleetVm): void {
    this.#drafts.delete(entry);
    this.#release(entry);
    entry.ring.clear();
  }

  /** Takes in a fork, with the labels of its origin. @throws {ApiError} If a bound is met. */
  adopt(vm: Vm, origin: Origin): FleetVm {
    const labels = this.#vms.get(origin.vm)?.labels ?? NO_LABELS;
    this.#tags.demand(NO_LABELS, labels);
    this.#room.admit(vm.config, 1, pagesHeldBy(vm));
    return this.publish(this.#make(vm, origin, labels));
  }

  #make(vm: Vm, origin: Origin | null, labels: Labels, lanes: VmLanes | null = null): FleetVm {
    this.#made += 1;
    const id = `vm-${this.#made}`;
    const ring = createRing(this.budget, this.limits.vmHistoryRecordsMax);
    const recorder = new Recorder(id, ring);
    const fresh = { number: 0, pages: 0, poison: null, lease: null };
    const entry: FleetVm = { id, vm, origin, ring, recorder, labels, lanes, ...fresh };
    this.#drafts.add(entry);
    this.#tags.move(NO_LABELS, labels);
    this.#weigh(entry);
    return entry;
  }

  /** @throws {ApiError} If a tag has as many VMs as it may have. */
  relabel(entry: FleetVm, labels: Labels): void {
    this.#tags.move(entry.labels, labels);
    entry.lease?.cancel();
    entry.labels = labels;
    entry.lease = this.#leaseOf(entry.id, labels);
  }

  /** The VM of this id, if there is one. To look is not to use it. */
  find(id: string): FleetVm | undefined {
    return this.#vms.get(id);
  }

  /** Uses a VM. @throws {ApiError} If there is no such VM. */
  get(id: string): FleetVm {
    const entry = this.#vms.get(id);
    if (entry === undefined) throw vmNotFound(id, 'no such VM');
    entry.lease?.renew();
    return entry;
  }

  /** Uses a VM that was found a while ago. @throws {ApiError} If it was deleted since. */
  demand(entry: FleetVm): void {
    if (this.#vms.get(entry.id) !== entry && !this.#drafts.has(entry))
      throw vmNotFound(entry.id, 'deleted');
    entry.lease?.renew();
  }

  /** VMs in the order of their creation, those after `number` only. */
  *list(number: number): Generator<FleetVm> {
    for (const entry of this.#vms.values()) if (entry.number > number) yield entry;
  }

  /** @throws {ApiError} If there is no such VM. */
  delete(id: string): void {
    const entry = this.get(id);
    this.#vms.delete(id);
    this.#release(entry);
    entry.lease?.cancel();
    // Streams end first, while what they have not read yet can still be read.
    for (const listener of this.#deletionListeners) listener(entry);
    entry.ring.clear();
  }

  onCreation(listener: (entry: FleetVm) => void): void {
    this.#creationListeners.add(listener);
  }

  onDeletion(listener: (entry: FleetVm) => void): void {
    this.#deletionListeners.add(listener);
  }

  /** Applies one command and tells the streams. @throws {ApiError} If it cannot be applied. */
  apply(entry: FleetVm, command: Command): Applied {
    vcpuOf(entry, command.vcpu, `run "${command.kind}"`);
    const applied = this.run(entry, command);
    entry.ring.notify();
    return applied;
  }

  /** A copy of a VM that commands were tried on is given up: the room is the VM's again. */
  forget(copy: FleetVm, of: FleetVm): void {
    this.#room.add(of.pages - copy.pages);
  }

  /** Applies one command; it is left to the caller to tell the streams of one or many. */
  run(entry: FleetVm, command: Command): Applied {
    const { id, vm, recorder, ring } = entry;
    if (entry.poison !== null) {
      throw new ApiError('vm-poisoned', `Cannot run "${command.kind}": VM "${id}" has failed`);
    }
    this.#room.demand(entry, command.kind);
    anchorHistory(entry);
    try {
      const applied = recorder.record(command, (emit) => this.step(vm, command, emit));
      entry.lanes?.follow(command);
      this.work.count(command.kind, applied.events);
      return applied;
    } catch (error) {
      if (error instanceof CommandRefused) throw new ApiError('command-refused', error.message);
      entry.poison = command;
      this.#log.error({ err: error, vm: id, seq: ring.head, command }, 'VM poisoned');
      throw new ApiError('vm-poisoned', `Cannot run "${command.kind}": VM "${id}" has failed`);
    } finally {
      this.#weigh(entry);
    }
  }

  /**
   * Takes a VM back, which also cures one that has failed.
   *
   * @param state The state that it is given, and nobody else holds.
   * @param made What was pending in that state, and since when.
   * @throws {ApiError} If there is no room for it.
   */
  rewind(entry: FleetVm, state: Vm, to: RewoundTo, made?: RequestsMade): RewoundRecord {
    this.#room.demandPages(pagesHeldBy(state) - entry.pages, `take VM "${entry.id}" back`);
    anchorHistory(entry);
    entry.vm = state;
    entry.poison = null;
    entry.lanes?.rewound(to.to);
    this.#weigh(entry);
    const record = entry.recorder.rewound(to, made);
    entry.ring.notify();
    return record;
  }

  /** No VM is deleted for being idle any more. */
  close(): void {
    for (const { lease } of this.#vms.values()) lease?.cancel();
  }

  #release({ vm, pages, labels, lanes }: FleetVm): void {
    this.#room.release(vm.config, 1 + (lanes?.count ?? 0), pages);
    this.#tags.move(labels, NO_LABELS);
  }

  #leaseOf(id: string, { ttlSeconds }: Labels): Lease | null {
    if (ttlSeconds === null) return null;
    return new Lease(ttlSeconds, () => {
      this.delete(id);
      this.#log.info({ vm: id, ttlSeconds }, 'Idle VM deleted');
    });
  }

  /** Takes note of the room that a VM takes now. */
  #weigh(entry: FleetVm): void {
    const pages = pagesHeldBy(entry.vm) + (entry.lanes?.pages ?? 0);
    this.#room.add(pages - entry.pages);
    entry.pages = pages;
  }
}
