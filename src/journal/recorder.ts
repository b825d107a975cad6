import {
  type Command,
  described,
  type MmuEvent,
  type MmuEventOf,
  type Outcome,
} from '../mmu/schema/index.js';
import type { EventRecord, HistoryRecord, RewoundRecord } from './record.js';

type RequestName = MmuEventOf<'request-made'>['request'];

/** Takes an event and numbers it; the journal knows a vCPU by its index alone. */
export type Recorded = (
  vcpu: { readonly index: number },
  event: MmuEvent,
  causedBy?: number,
) => number;

/** Where records go: a VM's ring, or nowhere. */
export interface RecordSink<State> {
  /** `seq` of the newest record. */
  readonly head: number;
  append(record: HistoryRecord<State>): void;
}

/** A command that was applied, with what it did. */
export interface Applied {
  readonly seq: number;
  readonly outcome: Outcome;
  readonly events: EventRecord[];
}

/** `seq` of the last `request-made` by request, and by vCPU: what a service refers to. */
export type RequestsMade = ReadonlyMap<RequestName, readonly number[]>;

type Violation = MmuEventOf<'violation'>;

/** Commands whose numbers are kept at least, so that a violation can name them. */
export const COMMANDS_NAMED = 4096;

const NONE_MADE: RequestsMade = new Map();

/**
 * Numbers the commands and events of one VM and keeps them in its ring.
 *
 * Records are kept only when their command is done, so that a command that was refused or that
 * failed leaves no trace and no hole: every `seq` appears exactly once.
 */
export class Recorder<State = unknown> {
  readonly #vm: string;
  readonly #ring: RecordSink<State>;
  #events: EventRecord[] = [];
  #command = 0;
  /** `seq` of the newest commands, oldest first, since the state was last given to the VM. */
  #commands: number[] = [];
  /** `seq` of the last `request-made`, by request and vCPU. */
  #made: Map<RequestName, number[]> | null = null;

  constructor(vm: string, ring: RecordSink<State>) {
    this.#vm = vm;
    this.#ring = ring;
  }

  /** Runs a command and keeps it. What `run` throws passes through, and nothing is kept. */
  record(command: Command, run: (emit: Recorded) => Outcome): Applied {
    const seq = this.#ring.head + 1;
    this.#command = seq;
    this.#events = [];
    this.#commands.push(seq);
    if (this.#commands.length > 2 * COMMANDS_NAMED) this.#commands.splice(0, COMMANDS_NAMED);
    const outcome = this.#runNamed(run);
    const events = this.#events;
    this.#events = [];
    this.#ring.append({ type: 'command', vm: this.#vm, seq, vcpu: command.vcpu, command, outcome });
    for (const event of events) this.#ring.append(event);
    return { seq, outcome, events };
  }

  /** A command that is not carried out has no number. */
  #runNamed(run: (emit: Recorded) => Outcome): Outcome {
    try {
      return run(this.#emit);
    } catch (error) {
      this.#commands.pop();
      throw error;
    }
  }

  /** Numbers on from here and keeps nothing: for commands that are only tried. */
  rehearsal(): Recorder<State> {
    let head = this.#ring.head;
    const counter: RecordSink<State> = {
      get head() {
        return head;
      },
      append() {
        head += 1;
      },
    };
    const recorder = new Recorder<State>(this.#vm, counter);
    if (this.#made !== null) recorder.#made = copyOf(this.#made);
    recorder.#commands = [...this.#commands];
    return recorder;
  }

  /** Keeps that the VM was taken back. @param made What was pending in that state, and since when. */
  rewound(
    to: Pick<RewoundRecord<State>, 'snapshot' | 'to' | 'state'>,
    made: RequestsMade = NONE_MADE,
  ): RewoundRecord<State> {
    const record: RewoundRecord<State> = {
      type: 'rewound',
      vm: this.#vm,
      seq: this.#ring.head + 1,
      ...to,
    };
    this.#made = made.size === 0 ? null : copyOf(made);
    this.#commands = [];
    this.#ring.append(record);
    return record;
  }

  /** For a snapshot: what {@link rewound} takes again. */
  requestsMade(): RequestsMade {
    return copyOf(this.#made ?? NONE_MADE);
  }

  readonly #emit: Recorded = ({ index: vcpu }, happened, causedBy) => {
    const event = happened.kind === 'violation' ? this.#named(happened) : happened;
    const seq = this.#command + this.#events.length + 1;
    this.#events.push({
      type: 'event',
      vm: this.#vm,
      seq,
      command: this.#command,
      causedBy: causedBy ?? this.#causeOf(vcpu, event),
      vcpu,
      event,
    });
    if (event.kind === 'request-made') this.#remember(vcpu, event.request, seq);
    return seq;
  };

  /** A request that is serviced was caused by its making, however many commands ago. */
  #causeOf(vcpu: number, event: MmuEvent): number | null {
    if (event.kind !== 'request-serviced') return null;
    return this.#made?.get(event.request)?.[vcpu] ?? null;
  }

  /** The model says how many commands ago something was; a history says which one that is. */
  #named(violation: Violation): Violation {
    const { message: _, write, invalidation, ...rest } = violation;
    return described({
      ...rest,
      write: write && { ...write, seq: this.#seqOf(write) },
      invalidation: invalidation && { ...invalidation, seq: this.#seqOf(invalidation) },
    });
  }

  #seqOf({ commandsAgo }: { commandsAgo: number }): number | null {
    return this.#commands[this.#commands.length - 1 - commandsAgo] ?? null;
  }

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
