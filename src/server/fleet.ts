import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { type Applied, EventRing, HistoryBudget, Recorder } from '../journal/index.js';
import {
  CommandRefused,
  contentPagesOf,
  createVm,
  pagesHeldBy,
  step,
  type Vcpu,
  type Vm,
} from '../mmu/index.js';
import type { Command, CommandKind, VmConfig } from '../mmu/schema/index.js';
import { ApiError, type ProblemDetails } from './errors.js';
import type { Limits } from './limits.js';

/** Commands that a batch applies before others get their turn and streams are drained. */
const SLICE_COMMANDS = 256;

/** Commands that take no room, and may give some back. */
const GIVES_ROOM: ReadonlySet<CommandKind> = new Set([
  'zap-all',
  'set-memslot',
  'unmap',
  'free-roots',
  'reset-context',
]);

/** A VM that the fleet holds. */
export interface FleetVm {
  readonly id: string;
  /** Rises by one a VM: what a cursor of the list points to. */
  readonly number: number;
  readonly vm: Vm;
  readonly ring: EventRing;
  readonly recorder: Recorder;
  /** Room that it took when it was last looked at, in pages of 4 KiB. */
  pages: number;
  /** Why no command can be applied any more; null while all is well. */
  poison: string | null;
}

export interface FleetOptions {
  readonly limits: Limits;
  readonly log: FastifyBaseLogger;
  /** The model. An argument, so that a test can make it fail. */
  readonly model?: Pick<Model, 'step'>;
}

interface Model {
  readonly step: typeof step;
}

/** Owns the VMs, and keeps each one's failure to itself. */
export class Fleet {
  readonly limits: Limits;
  readonly budget: HistoryBudget;
  readonly #log: FastifyBaseLogger;
  readonly #step: typeof step;
  readonly #vms = new Map<string, FleetVm>();
  readonly #deletionListeners = new Set<(id: string) => void>();
  #created = 0;
  #vcpus = 0;
  #pages = 0;

  constructor({ limits, log, model = { step } }: FleetOptions) {
    this.limits = limits;
    this.budget = new HistoryBudget(limits.historyRecordsMax);
    this.#log = log;
    this.#step = model.step;
  }

  get size(): number {
    return this.#vms.size;
  }

  /** @throws {ApiError} If a bound of the fleet is met. */
  create(config: VmConfig): FleetVm {
    this.#admit(config);
    const vm = createVm(config);
    this.#created += 1;
    this.#vcpus += config.vcpus;
    const id = `vm-${this.#created}`;
    const ring = new EventRing(this.budget, this.limits.vmHistoryRecordsMax);
    const recorder = new Recorder(id, ring);
    const entry = { id, number: this.#created, vm, ring, recorder, pages: 0, poison: null };
    this.#vms.set(id, entry);
    this.#weigh(entry);
    return entry;
  }

  /** @throws {ApiError} If there is no such VM. */
  get(id: string): FleetVm {
    const entry = this.#vms.get(id);
    if (entry === undefined)
      throw new ApiError('vm-not-found', `Cannot find VM "${id}": no such VM`);
    return entry;
  }

  /** VMs in the order of their creation, those after `number` only. */
  *list(number: number): Generator<FleetVm> {
    for (const entry of this.#vms.values()) if (entry.number > number) yield entry;
  }

  /** @throws {ApiError} If there is no such VM. */
  delete(id: string): void {
    const entry = this.get(id);
    this.#vms.delete(id);
    this.#vcpus -= entry.vm.config.vcpus;
    this.#pages -= entry.pages;
    // Streams end first, while what they have not read yet can still be read.
    for (const listener of this.#deletionListeners) listener(id);
    entry.ring.clear();
  }

  onDeletion(listener: (id: string) => void): void {
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
    const applied = this.#run(entry, command);
    entry.ring.notify();
    return applied;
  }

  /**
   * Applies commands in order. It is not atomic: the first one that cannot be applied stops the
   * batch, and what came before it stays. Every so often others get their turn, and may apply
   * commands of their own in between.
   *
   * @param take Takes what was applied. It is not gathered here: the events of a long batch would
   *   outlive their usefulness, and the collector would move them about.
   */
  async applyAll(
    entry: FleetVm,
    commands: readonly Command[],
    take: (applied: Applied) => void,
  ): Promise<void> {
    for (const [index, { kind, vcpu }] of commands.entries()) {
      if (entry.vm.vcpus[vcpu] === undefined) {
        throw stopped(entry, index, 0, 'vcpu-not-found', `Cannot run "${kind}": no vCPU ${vcpu}`);
      }
    }
    for (const [index, command] of commands.entries()) {
      if (index % SLICE_COMMANDS === 0 && index > 0) {
        entry.ring.notify();
        await nextTurn();
      }
      take(this.#next(entry, command, index));
    }
    entry.ring.notify();
  }

  #next(entry: FleetVm, command: Command, index: number): Applied {
    if (this.#vms.get(entry.id) !== entry) {
      throw stopped(entry, index, index, 'vm-not-found', `Cannot find VM "${entry.id}": deleted`);
    }
    try {
      return this.#run(entry, command);
    } catch (error) {
      entry.ring.notify();
      if (!(error instanceof ApiError)) throw error;
      throw stopped(entry, index, index, error.code, error.message);
    }
  }

  #run(entry: FleetVm, command: Command): Applied {
    const { id, vm, recorder, ring } = entry;
    if (entry.poison !== null) {
      throw new ApiError('vm-poisoned', `Cannot run "${command.kind}": VM "${id}" has failed`);
    }
    this.#demandRoom(entry, command);
    try {
      return recorder.record(command, (emit) => this.#step(vm, command, emit));
    } catch (error) {
      if (error instanceof CommandRefused) throw new ApiError('command-refused', error.message);
      entry.poison = error instanceof Error ? error.message : String(error);
      this.#log.error({ err: error, vm: id, seq: ring.head, command }, 'VM poisoned');
      throw new ApiError('vm-poisoned', `Cannot run "${command.kind}": VM "${id}" has failed`);
    } finally {
      this.#weigh(entry);
    }
  }

  /** Takes note of the room that a VM takes now. */
  #weigh(entry: FleetVm): void {
    const pages = pagesHeldBy(entry.vm);
    this.#pages += pages - entry.pages;
    entry.pages = pages;
  }

  /**
   * Once all room is taken, a VM that took more than its share gets none. Others go on: what one
   * client does must not stop the VM of another.
   */
  #demandRoom({ id, pages }: FleetVm, { kind }: Command): void {
    const { memoryPagesMax } = this.limits;
    if (this.#pages < memoryPagesMax || GIVES_ROOM.has(kind)) return;
    const share = Math.floor(memoryPagesMax / this.#vms.size);
    if (pages <= share) return;
    throw new ApiError(
      'memory-limit-reached',
      `Cannot run "${kind}": the VMs hold ${memoryPagesMax} pages, the bound, and VM "${id}" holds ${pages} of them; its share is ${share}`,
    );
  }

  #admit({ vcpus, memory }: VmConfig): void {
    const { vmsMax, vcpusMax, memoryPagesMax } = this.limits;
    if (this.#vms.size >= vmsMax) {
      throw new ApiError('vm-limit-reached', `Cannot create VM: there are ${vmsMax}, the bound`);
    }
    if (this.#vcpus + vcpus > vcpusMax) {
      const room = vcpusMax - this.#vcpus;
      throw new ApiError(
        'vcpu-limit-reached',
        `Cannot create VM: room for ${room} of ${vcpusMax} vCPUs is left`,
      );
    }
    const pages = contentPagesOf(memory);
    if (pages > 0 && this.#pages + pages > memoryPagesMax) {
      const room = Math.max(0, memoryPagesMax - this.#pages);
      throw new ApiError(
        'memory-limit-reached',
        `Cannot create VM: room for ${room} of ${memoryPagesMax} pages is left`,
      );
    }
  }
}

function stopped(
  { ring }: FleetVm,
  index: number,
  applied: number,
  code: ApiError['code'],
  why: string,
): ApiError {
  const details: ProblemDetails = { applied, index, seq: ring.head };
  return new ApiError(code, `${why} (command ${index} of the batch; ${applied} applied)`, details);
}
