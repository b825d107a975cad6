import { type FrozenVm, freezeVm, pagesHeldBy, thawVm, type Vm } from '../../mmu/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { BOUNDS } from '../wire/bounds.js';
import { isCommand } from './replay.js';
import type { Timeline } from './timeline.js';
import { VmQueues } from './vm-queues.js';

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

/** A state that was passed on the way to a moment. */
interface Mark {
  readonly entry: FleetVm;
  readonly seq: number;
  readonly state: FrozenVm;
}

/** Commands between two marks, and marks on the way to a moment at most: the last ones before it. */
const COMMANDS_PER_MARK = 256;
const MARKS_PER_MOMENT = 4;

/**
 * Shows VMs as they were, without a fork.
 *
 * Machines that were brought to a moment are kept for a while, because whoever looks at one moment
 * looks at the next: such a machine only takes the steps in between. For whoever looks back, states
 * are kept that were passed on the way. Requests about one VM take
 * turns, so that those for one moment share a machine.
 */
export class Moments {
  readonly #fleet: Fleet;
  readonly #timeline: Timeline;
  /** The machines, the least recently used first. */
  #standing: Standing[] = [];
  /** States passed on the way, the oldest first. */
  #marks: Mark[] = [];
  readonly #queues = new VmQueues();

  constructor(fleet: Fleet, timeline: Timeline) {
    this.#fleet = fleet;
    this.#timeline = timeline;
    fleet.onDeletion((id) => this.#forget(id));
    fleet.sleeping.onRest(({ id }) => this.#forget(id));
  }

  #forget(id: string): void {
    this.#standing = this.#standing.filter(({ entry }) => entry.id !== id);
    this.#marks = this.#marks.filter(({ entry }) => entry.id !== id);
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
    return this.#queues.enqueue(entry, async () => {
      this.#fleet.demand(entry);
      const machine = await this.#bring(entry, at);
      this.#fleet.demand(entry);
      this.#keep(machine);
      return show({ vm: machine.vm, seq: at });
    });
  }

  /** Brings the nearest machine to a moment, or one made of the nearest state that is kept. */
  async #bring(entry: FleetVm, seq: number): Promise<Standing> {
    const start = this.#timeline.startFor(entry, seq);
    const steps = [...entry.ring.past.steps(start.seq, seq)].filter(isCommand);
    const { vm, seq: from } = await this.#startFrom(entry, seq, start);
    const { turns, step } = this.#fleet;
    const work = turns.work();
    let last = from;
    const ahead = steps.filter((step) => step.seq > from);
    for (const [index, { command, seq: first }] of ahead.entries()) {
      if (work.isOver()) await work.next();
      if (isMark(index, ahead.length)) this.#mark(entry, vm, last);
      last = first;
      let number = first;
      // The oracle remembers events by number, as it did when they happened.
      step(vm, command, () => {
        number += 1;
        return number;
      });
    }
    return { entry, vm, seq: last };
  }

  /** A machine that stands nearest before a moment: one that is kept, or one made of a state. */
  async #startFrom(
    entry: FleetVm,
    seq: number,
    kept: ReturnType<Timeline['startFor']>,
  ): Promise<{ readonly vm: Vm; readonly seq: number }> {
    const machine = nearest(this.#standing, entry, { seq, from: kept.seq });
    const mark = nearest(this.#marks, entry, { seq, from: (machine ?? kept).seq + 1 });
    if (mark !== null) return { vm: thawVm(entry.vm.initial, mark.state), seq: mark.seq };
    if (machine === null) return { vm: await kept.vm(), seq: kept.seq };
    this.#standing = this.#standing.filter((one) => one !== machine);
    return machine;
  }

  #mark(entry: FleetVm, vm: Vm, seq: number): void {
    if (this.#marks.some((mark) => mark.entry === entry && mark.seq === seq)) return;
    this.#marks.push({ entry, seq, state: freezeVm(vm) });
    if (this.#marks.length > BOUNDS.momentMarks.value) this.#marks.shift();
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

/**
 * Whether the state before a command is kept. States far before the moment are not: to keep one takes
 * as long as a hundred commands may, and whoever looks back begins near the moment.
 */
function isMark(index: number, commands: number): boolean {
  const isNear = commands - index <= MARKS_PER_MOMENT * COMMANDS_PER_MARK;
  return isNear && index > 0 && index % COMMANDS_PER_MARK === 0;
}

/** The one of a VM that comes nearest before a moment, and not before `from`. */
function nearest<T extends { readonly entry: FleetVm; readonly seq: number }>(
  all: readonly T[],
  entry: FleetVm,
  { seq, from }: { readonly seq: number; readonly from: number },
): T | null {
  let found: T | null = null;
  for (const one of all) {
    if (one.entry !== entry || one.seq > seq || one.seq < from) continue;
    if (found === null || one.seq > found.seq) found = one;
  }
  return found;
}
