import { CommandRefused, createVm, freezeVm, thawVm, type Vm } from '../../src/mmu/index.js';
import type { Command, VmConfig } from '../../src/mmu/schema/index.js';
import { Checkpoints } from './checkpoints.js';
import { carryOut, type Done, type RequestsMade } from './numbering.js';

/** Name of a local history in its records, where a server has the id of a VM. */
export const LOCAL = 'local';

/** A machine behind the first `index` commands. */
interface Standing {
  index: number;
  readonly vm: Vm;
  readonly made: RequestsMade;
}

/** The run that another one left, and the number of commands that they share. */
interface Origin {
  readonly recording: Recording;
  readonly index: number;
}

/**
 * One run of commands, any moment of which can be asked for. Commands are kept, and checkpoints;
 * everything else is derived again, because the model is deterministic.
 *
 * Commands are numbered from 1 on as in a server's history: a command, then its events.
 */
export class Recording {
  readonly config: VmConfig;
  readonly #origin: Origin | null;
  readonly #commands: Command[];
  /** `seq` of each command. */
  readonly #seqs: number[];
  readonly #checkpoints: Checkpoints;
  /** The machine at the end of the run. */
  readonly #end: Standing;
  /** A machine at a moment that was asked for: the next question is mostly about one nearby. */
  #stood: Standing | null = null;
  #head: number;
  #failure: string | null = null;

  /**
   * @param origin A run whose state is taken over, so that other rules hold from there on. The
   *   configurations may differ in `policy` and `defects` alone. Null begins anew.
   */
  constructor(config: VmConfig, origin: Origin | null = null) {
    this.config = config;
    this.#origin = origin;
    const { recording, index } = origin ?? { recording: null, index: 0 };
    this.#commands = recording?.commands.slice(0, index) ?? [];
    this.#seqs = this.#commands.map((_, i) => (recording as Recording).seqAt(i));
    this.#head = recording === null ? 0 : recording.seqAt(index) - 1;
    this.#end = recording?.copyAt(index, config) ?? {
      index,
      vm: createVm(config),
      made: new Map(),
    };
    this.#checkpoints = new Checkpoints(this.#end);
  }

  /** `seq` of the newest record; 0 before the first command. */
  get head(): number {
    return this.#head;
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
      const done = this.#run(this.#end, command, this.#head + 1);
      this.#commands.push(command);
      this.#seqs.push(done.command.seq);
      this.#head = done.command.seq + done.events.length;
      this.#end.index += 1;
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
   * @param seq From 1 to `head`.
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
    return this.#seqs[index] ?? this.#head + 1;
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
    const stood = this.#standAt(index);
    const done = this.#run(stood, this.#commands[index] as Command, this.seqAt(index));
    stood.index += 1;
    return done;
  }

  /** A machine of the caller's own, under another configuration from here on. */
  copyAt(index: number, config: VmConfig): Standing {
    const origin = this.#earlier(index);
    if (origin !== null) return origin.copyAt(index, config);
    const { vm, made } = this.#standAt(index);
    return { index, vm: thawVm(config, freezeVm(vm)), made: new Map(made) };
  }

  /** The run that a moment belongs to, if it is another one. */
  #earlier(index: number): Recording | null {
    return this.#origin !== null && index <= this.#origin.index ? this.#origin.recording : null;
  }

  #standAt(index: number): Standing {
    const checkpoint = this.#checkpoints.before(index);
    let stood = this.#stood;
    if (stood === null || stood.index > index || stood.index < checkpoint.index) {
      const { state, made } = checkpoint;
      const vm = thawVm(this.config, state);
      stood = { index: checkpoint.index, vm, made: new Map(made) };
      this.#stood = stood;
    }
    while (stood.index < index) {
      this.#run(stood, this.#commands[stood.index] as Command, this.seqAt(stood.index));
      stood.index += 1;
    }
    return stood;
  }

  #run({ index, vm, made }: Standing, command: Command, seq: number): Done {
    const seqOf = (ago: number) => (ago === 0 ? seq : (this.#seqs[index - ago] ?? null));
    return carryOut(vm, command, { vm: LOCAL, seq, made, seqOf });
  }
}

function failureOf(error: unknown, { kind }: Command, index: number): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof CommandRefused) return `${reason} (command ${index})`;
  return `The model failed on "${kind}" (command ${index}): ${reason}`;
}
