/** A frame of a stream, as far as it says how complete the stream is. */
export interface SeenFrame {
  readonly type: string;
  readonly vm?: string;
  readonly seq?: number;
  readonly from?: number;
  readonly to?: number;
  readonly head?: number;
}

/** Frames that a reader was not sent, and knows of. */
export interface Gap {
  readonly vm: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Whether a reader has seen every `seq` of a VM once and in order, or was told of a gap.
 *
 * A reader of all VMs knows where one begins only by its first frame.
 */
export class Completeness {
  readonly gaps: Gap[] = [];
  readonly complaints: string[] = [];
  readonly #last = new Map<string, number>();
  #frames = 0;

  /** Commands and events that were seen. */
  get frames(): number {
    return this.#frames;
  }

  /** The newest `seq` of a VM that was seen or told of; null before the first. */
  lastOf(vm: string): number | null {
    return this.#last.get(vm) ?? null;
  }

  /** The stream begins behind this `seq`. */
  begin(vm: string, after: number): void {
    this.#last.set(vm, after);
  }

  take(frame: SeenFrame): void {
    const { type, vm = '', seq = 0, from = 0, to = 0 } = frame;
    const last = this.#last.get(vm);
    switch (type) {
      case 'command':
      case 'event':
      case 'rewound':
        this.#frames += 1;
        this.#demand(last === undefined || seq === last + 1, frame, last);
        this.#last.set(vm, seq);
        break;
      case 'gap':
        this.#demand(last === undefined || (from === last + 1 && to >= from), frame, last);
        this.#last.set(vm, to);
        this.gaps.push({ vm, from, to });
        break;
      case 'through':
      case 'end':
        this.#demand(last === undefined || vm === '' || seq === last, frame, last);
        break;
    }
  }

  #demand(holds: boolean, frame: SeenFrame, last: number | undefined): void {
    if (!holds) this.complaints.push(`behind ${last} came ${JSON.stringify(frame)}`);
  }
}
