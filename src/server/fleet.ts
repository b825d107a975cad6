import {
  type Applied,
  EventRing,
  HistoryBudget,
  Recorder,
  type RequestsMade,
  type RewoundRecord,
} from '../journal/index.js';
import {
  CommandRefused,
  createVm,
  decodeVm,
  encodeVm,
  pagesHeldBy,
  step,
  type Vcpu,
  type Vm,
} from '../mmu/index.js';
import type { Command, VmConfig } from '../mmu/schema/index.js';
import { anchorHistory } from './anchor-history.js';
import { ApiError } from './errors.js';
import type { FleetLog, FleetVm, Origin, RewoundTo } from './fleet-vm.js';
import { type Labels, NO_LABELS, TagCounts } from './labels.js';
import type { Limits } from './limits.js';
import { Room } from './room.js';
import { Lease } from './ttl.js';
import { WorkTally } from './work-tally.js';

export interface FleetOptions {
  readonly limits: Limits;
  readonly log: FleetLog;
  /** The model. An argument, so that a test can make it fail. */
  readonly model?: { readonly step: typeof step };
}

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
  #created = 0;

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
  create(config: VmConfig, labels: Labels = NO_LABELS): FleetVm {
    this.#tags.demand(NO_LABELS, labels);
    this.#room.admit(config);
    return this.#enter(createVm(config), null, labels);
  }

  /** Takes in a fork, with the labels of its origin. @throws {ApiError} If a bound is met. */
  adopt(vm: Vm, origin: Origin): FleetVm {
    const labels = this.#vms.get(origin.vm)?.labels ?? NO_LABELS;
    this.#tags.demand(NO_LABELS, labels);
    this.#room.admit(vm.config, pagesHeldBy(vm));
    return this.#enter(vm, origin, labels);
  }

  #enter(vm: Vm, origin: Origin | null, labels: Labels): FleetVm {
    this.#created += 1;
    const id = `vm-${this.#created}`;
    const ring = new EventRing(this.budget, this.limits.vmHistoryRecordsMax);
    const recorder = new Recorder(id, ring);
    const [number, lease] = [this.#created, this.#leaseOf(id, labels)];
    const entry = { id, number, vm, origin, ring, recorder, pages: 0, poison: null, labels, lease };
    this.#vms.set(id, entry);
    this.#tags.move(NO_LABELS, labels);
    this.#weigh(entry);
    for (const listener of this.#creationListeners) listener(entry);
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
    if (this.#vms.get(entry.id) !== entry) throw vmNotFound(entry.id, 'deleted');
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
    this.#room.release(entry.vm.config, entry.pages);
    this.#tags.move(entry.labels, NO_LABELS);
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

  /** @throws {ApiError} If there is no such vCPU. `what` is what it was needed for. */
  vcpuOf({ vm }: FleetVm, index: number, what: string): Vcpu {
    const vcpu = vm.vcpus[index];
    if (vcpu === undefined)
      throw new ApiError('vcpu-not-found', `Cannot ${what}: no vCPU ${index}`);
    return vcpu;
  }

  /** Applies one command and tells the streams. @throws {ApiError} If it cannot be applied. */
  apply(entry: FleetVm, command: Command): Applied {
    this.vcpuOf(entry, command.vcpu, `run "${command.kind}"`);
    const applied = this.run(entry, command);
    entry.ring.notify();
    return applied;
  }

  /**
   * Lends a copy of a VM to try commands on. What they do to it is forgotten.
   *
   * @throws {ApiError} If the model itself fails on a command: the VM is not harmed by that.
   */
  rehearse<T>(entry: FleetVm, tryOn: (copy: FleetVm) => T): T {
    // Now, because what is tried must not become a checkpoint.
    anchorHistory(entry);
    const vm = decodeVm(entry.vm.config, encodeVm(entry.vm).bytes);
    const copy: FleetVm = { ...entry, vm, recorder: entry.recorder.rehearsal() };
    try {
      return tryOn(copy);
    } finally {
      this.#room.add(entry.pages - copy.pages);
    }
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
      this.work.count(command.kind, applied.events);
      return applied;
    } catch (error) {
      if (error instanceof CommandRefused) throw new ApiError('command-refused', error.message);
      entry.poison = error instanceof Error ? error.message : String(error);
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
    this.#weigh(entry);
    const record = entry.recorder.rewound(to, made);
    entry.ring.notify();
    return record;
  }

  /** No VM is deleted for being idle any more. */
  close(): void {
    for (const { lease } of this.#vms.values()) lease?.cancel();
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
    const pages = pagesHeldBy(entry.vm);
    this.#room.add(pages - entry.pages);
    entry.pages = pages;
  }
}

function vmNotFound(id: string, why: string): ApiError {
  return new ApiError('vm-not-found', `Cannot find VM "${id}": ${why}`);
}
