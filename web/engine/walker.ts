import {
  type CommandRecord,
  type EventRecord,
  type HistoryRecord,
  Recorder,
  type RequestsMade,
} from '../../src/journal/index.js';
import { step, type Vm } from '../../src/mmu/index.js';
import type { Command } from '../../src/mmu/schema/index.js';

/** Name of a local history in its records, where a server has the id of a VM. */
const LOCAL = 'local';

/** A command with its events, numbered as a server numbers the history of a VM. */
export interface Done {
  readonly command: CommandRecord;
  readonly events: readonly EventRecord[];
}

/** The place of a machine in a run. */
export interface Place {
  /** Commands of the run that the machine has carried out. */
  readonly index: number;
  readonly vm: Vm;
  /** `seq` of the newest record. */
  readonly head: number;
  /** The requests that are pending. */
  readonly made: RequestsMade;
  /** `seq` of the newest commands before, oldest first. */
  readonly seqs: readonly number[];
}

/** A machine on its way along a run, with the recorder that numbers what happens. */
export class Walker {
  readonly vm: Vm;
  #index: number;
  readonly #sink: Sink;
  readonly #recorder: Recorder;

  constructor({ index, vm, head, made, seqs }: Place) {
    this.vm = vm;
    this.#index = index;
    this.#sink = new Sink(head);
    this.#recorder = Recorder.resumed(LOCAL, this.#sink, { made, commands: seqs });
  }

  /** Commands of the run that the machine has carried out. */
  get index(): number {
    return this.#index;
  }

  /** `seq` of the newest record. */
  get head(): number {
    return this.#sink.head;
  }

  /** The requests that are pending. */
  requestsMade(): RequestsMade {
    return this.#recorder.requestsMade();
  }

  /**
   * Carries out the next command.
   *
   * @throws {CommandRefused} If the machine cannot take the command now; nothing has changed then.
   */
  run(command: Command): Done {
    const { events } = this.#recorder.record(command, (emit) => step(this.vm, command, emit));
    this.#index += 1;
    return { command: this.#sink.command as CommandRecord, events };
  }
}

/** Counts records, and holds the newest command. */
class Sink {
  head: number;
  command: CommandRecord | null = null;

  constructor(head: number) {
    this.head = head;
  }

  append(record: HistoryRecord, events: readonly EventRecord[]): void {
    this.head += 1 + events.length;
    if (record.type === 'command') this.command = record;
  }
}
