import { COMMANDS_NAMED } from '../../src/journal/index.js';
import { CommandRefused, createVm, freezeVm, thawVm, type Vm } from '../../src/mmu/index.js';
import type { Command, VmConfig } from '../../src/mmu/schema/index.js';
import { Checkpoints } from './checkpoints.js';
import { type Done, type Place, Walker } from './walker.js';

/** The run that another one left, and the number of commands that they share. */
interface Origin {
  readonly recording: Recording;
  readonly index: number;
}

/** A machine that has a past of which nothing else is known, and the newest `seq` of it. */
export interface Beginning {
  readonly vm: Vm;
  readonly seq: number;
}

/** The past that a run goes on from; without either, there is none. */
interface Before {
  /**
   * A run whose state is taken over, so that other rules hold from there on. The configurations may
   * differ in `policy` and `defects` alone.
   */
  readonly origin?: Origin | null;
  /** A state that the run begins in, which becomes its own. */
  readonly beginning?: Beginning | null;
}

/**
 * One run of commands, any moment of which can be asked for. Commands are kept, and checkpoints;
 * everything else is derived again, because the model is deterministic.
 *
 * Commands are numbered as in a server's history: a command, then its events.
 */
export class Recording {
  readonly config: VmConfig;
  /** `seq` before the first record: 0, if the run does not begin amid the past of a VM. */
  readonly start: number;
  readonly #origin: Origin | null;
  readonly #commands: Command[];
  /** `seq` of each command. */
  readonly #seqs: number[];
  readonly #checkpoints: Checkpoints;
  /** The machine at the end of the run. */
  readonly #end: Walker;
  /** A machine at a moment that was asked for: the next question is mostly about one nearby. */
  #stood: Walker | null = null;
  #failure: string | null = null;

  constructor(config: VmConfig, { origin = null, beginning = null }: Before = {}) {
    this.config = config;
    this.start = origin?.recording.start ?? beginning?.seq ?? 0;
    this.#origin = origin;
    const { recording, index } = origin ?? { recording: null, index: 0 };
    this.#commands = recording?.commands.slice(0, index) ?? [];
    this.#seqs = this.#commands.map((_, i) => (recording as Recording).seqAt(i));
    this.#end =
      recording?.walkerAt(index, config) ??
      this.#walker({
        index: 0,
        vm: beginning?.vm ?? createVm(config),
        made: new Map(),
      });
    this.#checkpoints = new Checkpoints(this.#end);
  }

  /** `seq` of the newest record; `start` before the first command. */
  get head(): number {
    return this.#end.head;
  }

  get commands(): readonly Command[] {
    return this.#commands;
  }

  /** The machine as it is now. Not to be changed. */
  get vm(): Vm {
    return this.#end.vm;
  }

  /** The sentence that says why the run takes no more commands; null if it does. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Bytes that the checkpoints take. */
  get checkpointBytes(): number {
    return this.#checkpoints.bytes;
  }

  /**
   * Runs one more command.
   *
   * @returns Null if the machine refuses it, or the model fails on it: {@link failure} then says why,
   *   and the run is over.
   */
  append(command: Command): Done | null {
    if (this.#failure !== null) return null;
    try {
      const done = this.#end.run(command);
      this.#commands.push(command);
      this.#seqs.push(done.command.seq);
      this.#checkpoints.offer(this.#end);
      return done;
    } catch (error) {
      this.#failure = failureOf(error, command, this.#commands.length);
      return null;
    }
  }

  /** Takes more commands again behind one that was refused, which changed nothing. */
  resume(): void {
    this.#failure = null;
  }

  /**
   * Index of the command during which something happened.
   *
   * @param seq From one above `start` to `head`.
   */
  indexOf(seq: number): number {
    let low = 0;
    let high = this.#seqs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#seqs[middle] as number) <= seq) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** `seq` of a command by its index; one above `head` for the command after the last one. */
  seqAt(index: number): number {
    return this.#seqs[index] ?? this.head + 1;
  }

  /** The machine behind the first `index` commands. Not to be changed, nor kept. */
  machineAt(index: number): Vm {
    const origin = this.#earlier(index);
    return origin?.machineAt(index) ?? this.#standAt(index).vm;
  }

  /** The rules under which a command ran. */
  configAt(index: number): VmConfig {
    return this.#earlier(index + 1)?.configAt(index) ?? this.config;
  }

  /** Runs a command again, on the way from the machine before it to the one behind it. */
  doneAt(index: number): Done {
    const origin = this.#earlier(index + 1);
    if (origin !== null) return origin.doneAt(index);
    return this.#standAt(index).run(this.#commands[index] as Command);
  }

  /** A machine of the caller's own, under another configuration from here on. */
  walkerAt(index: number, config: VmConfig): Walker {
    const origin = this.#earlier(index);
    if (origin !== null) return origin.walkerAt(index, config);
    const stood = this.#standAt(index);
    const vm = thawVm(config, freezeVm(stood.vm));
    return this.#walker({ index, vm, made: stood.requestsMade() });
  }

  /** The run that a moment belongs to, if it is another one. */
  #earlier(index: number): Recording | null {
    return this.#origin !== null && index <= this.#origin.index ? this.#origin.recording : null;
  }

  #standAt(index: number): Walker {
    const checkpoint = this.#checkpoints.before(index);
    let stood = this.#stood;
    if (stood === null || stood.index > index || stood.index < checkpoint.index) {
      stood = this.#walker({ ...checkpoint, vm: thawVm(this.config, checkpoint.state) });
      this.#stood = stood;
    }
    while (stood.index < index) stood.run(this.#commands[stood.index] as Command);
    return stood;
  }

  #walker({ index, vm, made }: Pick<Place, 'index' | 'vm' | 'made'>): Walker {
    const head = index === 0 ? this.start : this.seqAt(index) - 1;
    const seqs = this.#seqs.slice(Math.max(0, index - COMMANDS_NAMED), index);
    return new Walker({ index, vm, made, head, seqs });
  }
}

function failureOf(error: unknown, { kind }: Command, index: number): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof CommandRefused) return `${reason} (command ${index})`;
  return `The model failed on "${kind}" (command ${index}): ${reason}`;
}
