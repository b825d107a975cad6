import { MUSEUM, WORKLOADS, type Workload, weigh } from '../../src/lab/index.js';
import { DEFECT_NAMES, DEFECTS, POLICIES } from '../../src/mmu/index.js';
import { Command, VmConfig } from '../../src/mmu/schema/index.js';
import {
  allowedDump,
  lookupDump,
  shadowPageDump,
  shadowPagesDump,
  tlbDump,
  walkDump,
} from './dumps.js';
import { exhibitLabels, findingOf } from './exhibits.js';
import { checked, runnableOf } from './opening.js';
import { isSame, partingAt } from './parting.js';
import {
  type CallName,
  type Calls,
  type Catalogue,
  FRAMES_MAX,
  type Opened,
  type Parted,
  RUN_COMMANDS_MAX,
  RUNS_MAX,
} from './protocol.js';
import { rangesOf } from './ranges.js';
import { Recording } from './recording.js';
import { Run } from './run.js';
import { commandShapes } from './shapes.js';
import type { Turns } from './turns.js';
import { why } from './why.js';
import { writtenCase } from './written.js';

const CATALOGUE: Catalogue = {
  exhibits: MUSEUM.map(({ name, title }) => ({ name, summary: title })),
  workloads: Object.values<Workload>(WORKLOADS).map(({ name, summary }) => ({ name, summary })),
  policies: Object.values(POLICIES).map(({ name, summary }) => ({ name, summary })),
  defects: DEFECT_NAMES.map((name) => ({ name, summary: DEFECTS[name].title })),
};

/** Holds the runs and answers what the page asks about them. It knows no worker: tests call it. */
export class Desk {
  readonly #mmulab: string;
  readonly #runs = new Map<number, Run>();
  #numbers = 0;

  /** @param mmulab Version that is written into cases. */
  constructor(mmulab: string) {
    this.#mmulab = mmulab;
  }

  /** @throws {Error} With a sentence for whoever asked. */
  async answer<K extends CallName>(
    name: K,
    takes: Calls[K]['takes'],
    turns: Turns,
  ): Promise<Calls[K]['gives']> {
    return this.#calls[name](takes, turns);
  }

  readonly #calls: {
    readonly [K in CallName]: (
      takes: Calls[K]['takes'],
      turns: Turns,
    ) => Calls[K]['gives'] | Promise<Calls[K]['gives']>;
  } = {
    catalogue: () => CATALOGUE,
    shapes: () => commandShapes(),
    exhibits: () => exhibitLabels(),
    judged: ({ exhibit }) => findingOf(exhibit),
    weigh: ({ lanes, baseline, prices }) => weigh(lanes, baseline, rangesOf(prices)),
    open: ({ from }, turns) => this.#open(from, turns),
    close: ({ run }) => {
      this.#runs.delete(run);
      return null;
    },
    more: (takes, turns) => this.#more(takes, turns),
    part: (takes, turns) => this.#part(takes, turns),
    counterpart: ({ run, other, seq }) => this.#counterpart(this.#run(run), this.#run(other), seq),
    commandsBehind: ({ run, seq }) => this.#run(run).indexBehind(seq),
    moment: ({ run, of: [seq, vcpu] }) => this.#run(run).moment(seq, vcpu),
    walk: ({ run, of: [seq, ...of] }) => walkDump(this.#machine(run, seq), ...of),
    tlb: ({ run, of: [seq, ...of] }) => tlbDump(this.#machine(run, seq), ...of),
    allowed: ({ run, of: [seq, ...of] }) => allowedDump(this.#machine(run, seq), ...of),
    explain: ({ run, of: [seq, ...of] }) => lookupDump(this.#machine(run, seq), ...of),
    shadowPages: ({ run, of: [seq, root] }) => shadowPagesDump(this.#machine(run, seq), root),
    shadowPage: ({ run, of: [seq, hpa] }) => shadowPageDump(this.#machine(run, seq), hpa),
    why: ({ run, of: [seq] }, turns) => why(this.#run(run).recording, seq, turns),
    frames: ({ run, after, limit }) => this.#run(run).frames(after, Math.min(limit, FRAMES_MAX)),
    timeline: ({ run, ...asked }) => this.#run(run).timeline(asked),
    violations: ({ run }) => this.#run(run).found,
    export: ({ run }, turns) => writtenCase(this.#run(run).recording, this.#mmulab, turns),
  };

  async #open(from: Calls['open']['takes']['from'], turns: Turns): Promise<Opened> {
    this.#demandRoom();
    const { config, commands, count, beginning } = await runnableOf(from);
    const run = new Run(new Recording(config, { beginning }));
    let done = 0;
    for (const command of commands) {
      if (run.append(command) === null) break;
      done += 1;
      if (turns.isOver()) await turns.next(done / count);
    }
    return this.#keep(run);
  }

  async #more({ run: of, commands }: Calls['more']['takes'], turns: Turns): Promise<Opened> {
    const run = this.#run(of);
    const { recording } = run;
    if (recording.commands.length + commands.length > RUN_COMMANDS_MAX) {
      throw new Error(`Cannot run more: ${RUN_COMMANDS_MAX} commands of a run are the bound`);
    }
    const read = commands.map((command, i) => checked(Command, command, `commands/${i}`));
    for (const [i, command] of read.entries()) {
      if (run.append(command) === null) break;
      if (turns.isOver()) await turns.next(i / read.length);
    }
    const opened = run.opened(of);
    recording.resume();
    return opened;
  }

  async #part({ run: of, changes, from }: Calls['part']['takes'], turns: Turns): Promise<Parted> {
    this.#demandRoom();
    const { recording } = this.#run(of);
    const wire = VmConfig.encode(recording.config);
    const config = checked(VmConfig, { ...wire, ...changes }, 'config');
    // From the beginning on, the machine is made anew, unless it began amid a past.
    const origin = from === 0 && recording.start === 0 ? null : { recording, index: from };
    const other = new Run(new Recording(config, { origin }));
    let parting: Parted['parting'] = null;
    for (let i = from; i < recording.commands.length; i += 1) {
      const done = other.append(recording.commands[i] as Command);
      if (done === null) break;
      if (parting === null && !isSame(recording.doneAt(i), done)) {
        parting = partingAt(i, recording, other.recording);
      }
      if (turns.isOver()) await turns.next((i - from) / (recording.commands.length - from));
    }
    return { opened: this.#keep(other), parting };
  }

  #counterpart({ recording }: Run, { recording: other }: Run, seq: number): number {
    if (seq <= recording.start) return recording.start;
    const index = recording.indexOf(seq);
    return index < other.commands.length ? other.seqAt(index) : other.head;
  }

  #demandRoom(): void {
    if (this.#runs.size < RUNS_MAX) return;
    throw new Error(`Cannot begin another run: the page holds ${RUNS_MAX}, the bound`);
  }

  #keep(run: Run): Opened {
    this.#demandRoom();
    this.#numbers += 1;
    this.#runs.set(this.#numbers, run);
    return run.opened(this.#numbers);
  }

  #run(number: number): Run {
    const run = this.#runs.get(number);
    if (run === undefined) throw new Error(`Cannot read run ${number}: it is closed`);
    return run;
  }

  /** The machine behind the command of `seq`. */
  #machine(number: number, seq: number) {
    const run = this.#run(number);
    return run.recording.machineAt(run.indexBehind(seq));
  }
}
