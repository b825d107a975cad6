import { MachineMaker, Tally } from '../../lab/index.js';
import { creationOf, thawVm, type Vm } from '../../mmu/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { finishInTurns } from '../fleet/turns.js';
import { BOUNDS } from '../wire/bounds.js';
import { lineageOf } from './lineage.js';
import { isCommand } from './replay.js';
import type { Timeline } from './timeline.js';
import { VmQueues } from './vm-queues.js';

/** Everything that a VM has run, up to a moment: counted in triples, and as a machine. */
export interface Exercised {
  readonly tally: Tally;
  readonly maker: MachineMaker;
  /** Commands that were counted. */
  readonly commands: number;
  /** Newest `seq` that was looked at. */
  readonly seq: number;
}

/** A machine that follows a VM command by command, some way behind it. */
interface Follower extends Exercised {
  readonly entry: FleetVm;
  vm: Vm;
  commands: number;
  seq: number;
}

const COMMANDS_MAX = BOUNDS.commandsPerCoverage.value;

/**
 * Counts what VMs have run. Nothing is counted while commands happen: whoever asks has the history
 * run again from where the last one who asked stopped, in slices between which others are served.
 */
export class ExercisedVms {
  readonly #fleet: Fleet;
  readonly #timeline: Timeline;
  /** The least recently used first. */
  #followers: Follower[] = [];
  readonly #queues = new VmQueues();

  constructor(fleet: Fleet, timeline: Timeline) {
    this.#fleet = fleet;
    this.#timeline = timeline;
    fleet.onDeletion((id) => this.#forget(id));
    fleet.sleeping.onRest(({ id }) => this.#forget(id));
  }

  /** VMs that are followed now. */
  get size(): number {
    return this.#followers.length;
  }

  /**
   * The triples of a VM from its beginning on. One look goes {@link COMMANDS_MAX} commands further
   * at most: `seq` says how far it came.
   *
   * @throws {ApiError} If the beginning of its history is no longer kept, or the VM is deleted.
   */
  of(entry: FleetVm): Promise<Exercised> {
    return this.#queues.enqueue(entry, async () => {
      this.#fleet.demand(entry);
      const follower = await this.#followerOf(entry);
      await this.#goOn(follower);
      this.#fleet.demand(entry);
      this.#keep(follower);
      return follower;
    });
  }

  #forget(id: string): void {
    this.#followers = this.#followers.filter(({ entry }) => entry.id !== id);
  }

  #keep(follower: Follower): void {
    this.#followers = [...this.#followers.filter((other) => other !== follower), follower];
    if (this.#followers.length > BOUNDS.coverageMachines.value) this.#followers.shift();
  }

  async #followerOf(entry: FleetVm): Promise<Follower> {
    const known = this.#followers.find((one) => one.entry === entry);
    if (known !== undefined && known.seq >= entry.ring.oldest - 1) return known;
    const task = `tell the coverage of VM "${entry.id}"`;
    const maker = new MachineMaker(entry.vm.initial);
    for (const command of lineageOf(this.#fleet, entry, 0, task)) maker.takeOrigin(command);
    const start = this.#timeline.startFor(entry, 0);
    const vm = await start.vm();
    return { entry, vm, maker, tally: new Tally(), commands: 0, seq: 0 };
  }

  async #goOn(follower: Follower): Promise<void> {
    const { entry, maker, tally } = follower;
    const { turns, step } = this.#fleet;
    const work = turns.work();
    // All at once: later, history may have moved on.
    for (const one of stepsAfter(entry, follower.seq)) {
      if (work.isOver()) await work.next();
      const { seq } = one;
      if (isCommand(one)) {
        const { command } = one;
        maker.take(command);
        const count = tally.begin(follower.vm, command, seq);
        count(step(follower.vm, command, null));
        follower.commands += 1;
      } else {
        const { initial } = entry.vm;
        follower.vm =
          one.state === null
            ? await finishInTurns(turns, creationOf(initial))
            : thawVm(initial, one.state);
      }
      follower.seq = seq;
    }
  }
}

/** The next steps of a VM behind a `seq`. */
function stepsAfter({ ring }: FleetVm, seq: number) {
  const steps = [];
  for (const step of ring.past.steps(seq, ring.head)) {
    if (steps.length === COMMANDS_MAX) break;
    steps.push(step);
  }
  return steps;
}
