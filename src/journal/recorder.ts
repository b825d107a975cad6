import {
  type Command,
  type MmuEvent,
  type MmuEventOf,
  numberedEvent,
  type Outcome,
  type SeqOf,
} from '../mmu/schema/index.js';
import {
  COMMANDS_NAMED,
  type EventRecord,
  type HistoryRecord,
  type RequestsMade,
  type RewoundRecord,
} from './record.js';

type RequestName = MmuEventOf<'request-made'>['request'];

/** Takes an event and returns its number. The journal knows a vCPU by its index alone. */
export type Recorded = (
  vcpu: { readonly index: number },
  event: MmuEvent,
  causedBy?: number,
) => number;

/** Receives records: a VM's ring, or a counter that keeps none. */
export interface RecordSink<State> {
  /** `seq` of the newest record. */
  readonly head: number;
  /** @param events Events of a command, which follow it in order. */
  append(record: HistoryRecord<State>, events: readonly EventRecord[]): void;
}

/** A sink that keeps no record. @param head `seq` of the newest one before. */
export function countingSink<State>(head: number): RecordSink<State> {
  const sink = {
    head,
    append: (_: HistoryRecord<State>, events: readonly EventRecord[]) => {
      sink.head += 1 + events.length;
    },
  };
  return sink;
}

/** An applied command with its outcome and events. */
export interface Applied {
  readonly seq: number;
  readonly outcome: Outcome;
  readonly events: EventRecord[];
}

const NONE_MADE: RequestsMade = new Map();

/**
 * Numbers the commands and events of one VM and keeps them in its ring.
 *
 * Records are kept once their command is done, so that a refused or failed command leaves no trace
 * and no hole: every `seq` appears exactly once.
 */
export class Recorder<State = unknown> {
  readonly #vm: string;
  readonly #ring: RecordSink<State>;
  #events: EventRecord[] = [];
  #command = 0;
  /** `seq` of the newest commands, oldest first, since the VM was made or last taken back. */
  #commands: number[] = [];
  /** `seq` of the last `request-made`, by request and vCPU. */
  #made: Map<RequestName, number[]> | null = null;

  constructor(vm: string, ring: RecordSink<State>) {
    this.#vm = vm;
    this.#ring = ring;
  }

  /**
   * A recorder that goes on where another one stood.
   *
   * @param commands Numbers of the commands before, oldest first.
   */
  static resumed<State>(
    vm: string,
    sink: RecordSink<State>,
    { made, commands }: { readonly made: RequestsMade; readonly commands: readonly number[] },
  ): Recorder<State> {
    const recorder = new Recorder<State>(vm, sink);
    if (made.size > 0) recorder.#made = copyOf(made);
    recorder.#commands = [...commands];
    return recorder;
  }

  /** Runs a command and keeps it. If `run` throws, nothing is kept. */
  record(command: Command, run: (emit: Recorded) => Outcome): Applied {
    const seq = this.#ring.head + 1;
    this.#command = seq;
    this.#events = [];
    this.#commands.push(seq);
    if (this.#commands.length > 2 * COMMANDS_NAMED) this.#commands.splice(0, COMMANDS_NAMED);
    const outcome = this.#runNamed(run);
    const events = this.#events;
    this.#events = [];
    const { vcpu } = command;
    this.#ring.append({ type: 'command', vm: this.#vm, seq, vcpu, command, outcome }, events);
    return { seq, outcome, events };
  }

  /** Takes the number of a command back if it is not carried out. */
  #runNamed(run: (emit: Recorded) => Outcome): Outcome {
    try {
      return run(this.#emit);
    } catch (error) {
      this.#commands.pop();
      throw error;
    }
  }

  /** A recorder for a copy of the VM: it numbers on from here and keeps nothing. */
  forCopy(): Recorder<State> {
    const recorder = new Recorder<State>(this.#vm, countingSink(this.#ring.head));
    if (this.#made !== null) recorder.#made = copyOf(this.#made);
    recorder.#commands = [...this.#commands];
    return recorder;
  }

  /**
   * Records that the VM was taken back.
   *
   * @param made The requests that were pending in that state, by the `seq` that made them.
   */
  rewound(
    to: Omit<RewoundRecord<State>, 'type' | 'vm' | 'seq' | 'made'>,
    made: RequestsMade = NONE_MADE,
  ): RewoundRecord<State> {
    const record: RewoundRecord<State> = {
      type: 'rewound',
      vm: this.#vm,
      seq: this.#ring.head + 1,
      ...to,
      made,
    };
    this.#made = made.size === 0 ? null : copyOf(made);
    this.#commands = [];
    this.#ring.append(record, []);
    return record;
  }

  /** The pending requests, to be kept with a snapshot and given to {@link rewound}. */
  requestsMade(): RequestsMade {
    return copyOf(this.#made ?? NONE_MADE);
  }

  readonly #emit: Recorded = ({ index: vcpu }, happened, causedBy) => {
    const command = this.#command;
    const seq = command + this.#events.length + 1;
    let event = happened;
    let cause = causedBy ?? null;
    switch (happened.kind) {
      case 'violation':
        event = numberedEvent(happened, this.#seqOf);
        break;
      case 'request-made':
        this.#remember(vcpu, happened.request, seq);
        break;
      case 'request-serviced':
        // The making of a request causes its service, however many commands later.
        cause ??= this.#made?.get(happened.request)?.[vcpu] ?? null;
        break;
      default:
    }
    this.#events.push({ type: 'event', vm: this.#vm, seq, command, causedBy: cause, vcpu, event });
    return seq;
  };

  readonly #seqOf: SeqOf = (commandsAgo) =>
    this.#commands[this.#commands.length - 1 - commandsAgo] ?? null;

  #remember(vcpu: number, request: RequestName, seq: number): void {
    this.#made ??= new Map();
    let seqs = this.#made.get(request);
    if (seqs === undefined) {
      seqs = [];
      this.#made.set(request, seqs);
    }
    seqs[vcpu] = seq;
  }
}

function copyOf(made: RequestsMade): Map<RequestName, number[]> {
  return new Map([...made].map(([request, seqs]) => [request, [...seqs]]));
}
