import { pagesHeldBy, type Vm } from '../../mmu/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { BOUNDS } from '../wire/bounds.js';
import { stepsBetween } from './replay.js';
import type { Timeline } from './timeline.js';

/** A VM at a moment, to be looked at and never changed. */
export interface Moment {
  readonly vm: Vm;
  readonly seq: number;
}

/** A machine that stands at a past moment of a VM. */
interface Standing {
  readonly entry: FleetVm;
  readonly vm: Vm;
  /** Newest `seq` whose effects it has: that of a command or of a checkpoint. */
  readonly seq: number;
}

/**
 * Shows VMs as they were, without a fork.
 *
 * Machines that were brought to a moment are kept for a while, because whoever looks at one moment
 * looks at the next: such a machine only takes the steps in between. Requests about one VM take
 * turns, so that those for one moment share a machine.
 */
export class Moments {
  readonly #fleet: Fleet;
  readonly #timeline: Timeline;
  /** The machines, the least recently used first. */
  #standing: Standing[] = [];
  /** The last request about each VM that is being brought to a moment. */
  readonly #queues = new Map<FleetVm, Promise<unknown>>();

  constructor(fleet: Fleet, timeline: Timeline) {
    this.#fleet = fleet;
    this.#timeline = timeline;
    fleet.onDeletion((entry) => {
      this.#standing = this.#standing.filter((machine) => machine.entry !== entry);
    });
  }

  /** Machines that are kept now. */
  get size(): number {
    return this.#standing.length;
  }

  /**
   * Looks at a VM: as it is, or as it was.
   *
   * @param at The moment; without it, now. Commands are indivisible: the moment of an event is that
   *   behind its command.
   * @throws {ApiError} If the moment is in the future, its history is no longer kept, or the VM is
   *   deleted meanwhile; whatever `show` throws.
   */
  look<T>(entry: FleetVm, at: number | undefined, show: (moment: Moment) => T): T | Promise<T> {
    const { ring, poison, vm } = entry;
    if (at === undefined) return show({ vm, seq: ring.head });
    this.#timeline.demandPast(entry, at);
    if (at === ring.head && poison === null) return show({ vm, seq: at });
    return this.#enqueue(entry, async () => {
      this.#fleet.demand(entry);
      const machine = await this.#bring(entry, at);
      this.#fleet.demand(entry);
      this.#keep(machine);
      return show({ vm: machine.vm, seq: at });
    });
  }

  async #enqueue<T>(entry: FleetVm, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(entry) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#queues.set(entry, mine);
    try {
      return await mine;
    } finally {
      if (this.#queues.get(entry) === mine) this.#queues.delete(entry);
    }
  }

  /** Brings the nearest machine to a moment, or one made of the nearest state that is kept. */
  async #bring(entry: FleetVm, seq: number): Promise<Standing> {
    const start = this.#timeline.startFor(entry, seq);
    const nearest = this.#nearest(entry, seq, start.seq);
    if (nearest !== null) this.#standing = this.#standing.filter((one) => one !== nearest);
    const vm = nearest?.vm ?? start.vm();
    const from = nearest?.seq ?? start.seq;
    const steps = stepsBetween(entry.ring, from, seq);
    const { turns, step } = this.#fleet;
    for (const { command, seq: first } of steps) {
      if (turns.isOver()) await turns.next();
      let number = first;
      // The oracle remembers events by number, as it did when they happened.
      step(vm, command, () => {
        number += 1;
        return number;
      });
    }
    return { entry, vm, seq: steps.at(-1)?.seq ?? from };
  }

  /** The machine that comes nearest from behind, unless a kept state is as near. */
  #nearest(entry: FleetVm, seq: number, kept: number): Standing | null {
    let nearest: Standing | null = null;
    for (const machine of this.#standing) {
      if (machine.entry !== entry || machine.seq > seq || machine.seq < kept) continue;
      if (nearest === null || machine.seq > nearest.seq) nearest = machine;
    }
    return nearest;
  }

  #keep(machine: Standing): void {
    this.#standing.push(machine);
    while (this.#standing.length > BOUNDS.momentMachines.value || this.#pages > MOMENT_PAGES) {
      this.#standing.shift();
    }
  }

  get #pages(): number {
    return this.#standing.reduce((sum, { vm }) => sum + pagesHeldBy(vm), 0);
  }
}

const MOMENT_PAGES = BOUNDS.momentPages.value;
