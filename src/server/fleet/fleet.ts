import type { Applied, HistoryBudget, RequestsMade, RewoundRecord } from '../../journal/index.js';
import { creationOf, pagesHeldBy, step, type Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { Limits } from '../wire/bounds.js';
import { type Labels, NO_LABELS } from '../wire/labels.js';
import type { FleetOptions } from './fleet-options.js';
import {
  createFleetVm,
  type FleetVm,
  type FleetVmParts,
  type Origin,
  type RewoundTo,
  type VmSpec,
} from './fleet-vm.js';
import { Histories } from './histories.js';
import type { Keeper } from './keeper.js';
import { Leases } from './leases.js';
import { News } from './news.js';
import { Room } from './room.js';
import { type LifeListener, Roster } from './roster.js';
import { Runner } from './runner.js';
import { isAwake, type Member } from './sleeper.js';
import { Sleeping } from './sleeping.js';
import { TagCounts } from './tag-counts.js';
import { finishInTurns, Turns } from './turns.js';
import { VmLanes } from './vm-lanes.js';
import { withDefect } from './with-defect.js';
import type { WorkTally } from './work-tally.js';

/** Owns the VMs. The failure of one never reaches another. */
export class Fleet {
  readonly limits: Limits;
  readonly budget: HistoryBudget;
  readonly turns: Turns;
  /** The model that the fleet's VMs run on. */
  readonly step: typeof step;
  readonly #ids: FleetOptions['ids'];
  readonly #keeper: Keeper | null;
  readonly #defect: FleetOptions['defect'];
  readonly #roster = new Roster();
  readonly #tags: TagCounts;
  readonly #room: Room;
  readonly #histories: Histories;
  readonly #runner: Runner;
  readonly #leases: Leases;
  readonly sleeping: Sleeping;
  readonly news: News;
  #made: number;

  constructor(options: FleetOptions) {
    const { limits, log, ids, turns = new Turns(), model = { step } } = options;
    const { keeper = null, vmsMade = 0 } = options;
    this.#made = vmsMade;
    this.limits = limits;
    this.#room = new Room(limits);
    this.#ids = ids;
    this.turns = turns;
    this.step = model.step;
    this.#keeper = keeper;
    this.#defect = options.defect;
    this.#histories = new Histories(limits, model.step);
    this.budget = this.#histories.budget;
    this.#tags = new TagCounts(limits.vmsPerTag);
    this.#runner = new Runner({ room: this.#room, log, step: model.step });
    const [roster, room, tags, histories] = [this.#roster, this.#room, this.#tags, this.#histories];
    this.#leases = new Leases({ log, keeper, expire: (id) => this.delete(id, true) });
    const leaseOf = (id: string, labels: Labels) => this.#leases.of(id, labels);
    const cradle = { turns: this.turns, step: this.step, ring: histories.ring };
    this.sleeping = new Sleeping({ roster, room, tags, histories, leaseOf, keeper, cradle });
    const bury = (member: Member) => this.#bury(member);
    this.news = new News({ roster, room, tags, sleeping: this.sleeping, leaseOf, bury });
    keeper?.serve(this.news, cradle);
  }

  /** Number of VMs, awake or not. */
  get size(): number {
    return this.#roster.size;
  }

  /** The vCPUs and pages of all VMs that are awake together. */
  get use(): Room['use'] {
    return this.#room.use;
  }

  get work(): WorkTally {
    return this.#runner.work;
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
    const labels = this.#roster.member(origin.vm)?.labels ?? NO_LABELS;
    this.#tags.demand(NO_LABELS, labels);
    const pages = this.#room.admit(vm.config, 1, pagesHeldBy(vm));
    this.#tags.move(NO_LABELS, labels);
    return this.#publish(this.#make({ vm, origin, labels, lanes: null, traced: null }, pages));
  }

  async #draft(spec: VmSpec): Promise<FleetVm> {
    const { labels = NO_LABELS, lanes = null, traced = null } = spec;
    const config = withDefect(spec.config, this.#defect);
    this.#tags.demand(NO_LABELS, labels);
    await this.sleeping.makeRoom();
    const pages = this.#room.admit(config, lanes === null ? 1 : lanes.length + 2);
    this.#tags.move(NO_LABELS, labels);
    const vm = await finishInTurns(this.turns, creationOf(config));
    const beside = lanes && new VmLanes(config, lanes, vm.memory.pages);
    return this.#make({ vm, origin: null, labels, lanes: beside, traced }, pages);
  }

  #make(parts: Omit<FleetVmParts, 'id' | 'ring' | 'pages'>, pages: number): FleetVm {
    this.#made += 1;
    const id = this.#ids('vm', this.#made);
    const ring = this.#histories.ring({ id, initial: parts.vm.initial });
    const entry = createFleetVm({ id, ring, pages, ...parts });
    entry.log = this.#keeper?.open(entry) ?? null;
    this.#room.weigh(entry);
    return entry;
  }

  #publish(entry: FleetVm): FleetVm {
    this.#roster.add(entry);
    entry.usedAt = performance.now();
    entry.lease = this.#leases.of(entry.id, entry.labels);
    const tell = () => this.#roster.tellCreated(entry.id, entry);
    if (this.#keeper === null) tell();
    else this.#keeper.made(entry, this.#made, tell);
    return entry;
  }

  /** @throws {ApiError} If one of the new tags is at its bound of VMs. */
  relabel(entry: FleetVm, labels: Labels): void {
    this.#tags.move(entry.labels, labels);
    entry.lease?.cancel();
    entry.labels = labels;
    entry.revision += 1;
    entry.lease = this.#leases.of(entry.id, labels);
    entry.log?.relabelled();
  }

  /** The VM of this id, if there is one that is awake. Its lease is not renewed. */
  find(id: string): FleetVm | undefined {
    return this.#roster.find(id);
  }

  /** Whether there is a VM of this id, awake or not. */
  has(id: string): boolean {
    return this.#roster.member(id) !== undefined;
  }

  /** The VM of this id, which is awake; its lease is renewed. @throws {ApiError} If there is none. */
  get(id: string): FleetVm {
    return this.#roster.get(id);
  }

  /** Renews the lease of a VM found earlier. @throws {ApiError} If it was deleted since. */
  demand(entry: FleetVm): void {
    this.#roster.demand(entry);
  }

  /** The VMs created after `number`, awake or not, in the order of their creation. */
  list(number: number): Generator<Member> {
    return this.#roster.list(number);
  }

  /**
   * @param isIdle Deletes it only if no other server has used it meanwhile.
   * @throws {ApiError} If there is no such VM.
   */
  delete(id: string, isIdle = false): void {
    const member = this.#roster.member(id) ?? this.get(id);
    this.#roster.remove(id);
    member.lease?.cancel();
    const kept = () => this.#bury(member);
    const failed = () => this.sleeping.restore(member);
    if (this.#keeper === null) kept();
    else this.#keeper.deleted(id, { kept, failed }, isIdle);
  }

  #bury(member: Member): void {
    // Streams end first, while the records that they have not sent are still kept.
    this.#roster.tellDeleted(member.id, member);
    if (isAwake(member)) this.#release(member);
    else this.#tags.move(member.labels, NO_LABELS);
  }

  onCreation(listener: LifeListener): void {
    this.#roster.onCreation(listener);
  }

  onDeletion(listener: LifeListener): void {
    this.#roster.onDeletion(listener);
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
    return this.#runner.run(entry, command);
  }

  /**
   * Takes a VM back, after which a VM that has failed runs again.
   * @param state The earlier state, which nobody else holds.
   * @param made The requests that were pending in it, by the `seq` that made them.
   * @throws {ApiError} If there is no room for the state.
   */
  rewind(entry: FleetVm, state: Vm, to: RewoundTo, made?: RequestsMade): RewoundRecord {
    return this.#runner.rewind(entry, state, to, made);
  }

  /** Cancels the leases: idle VMs are no longer deleted. */
  close(): void {
    for (const { lease } of this.list(0)) lease?.cancel();
  }

  #release(entry: FleetVm): void {
    this.#room.release(entry);
    this.#tags.move(entry.labels, NO_LABELS);
    this.#histories.clear(entry.ring);
  }
}
