/** The fields of a frame that tell how complete a stream is. */
export interface SeenFrame {
  readonly type: string;
  readonly vm?: string;
  readonly seq?: number;
  readonly from?: number;
  readonly to?: number;
  readonly head?: number;
}

/** Frames that a reader was told it would not get. */
export interface Gap {
  readonly vm: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Checks that a reader sees every `seq` of a VM once and in order, or is told of a gap.
 *
 * For a reader of all VMs, the first frame of a VM tells where it begins.
 */
export class Completeness {
  readonly gaps: Gap[] = [];
  readonly complaints: string[] = [];
  readonly #last = new Map<string, number>();
  #frames = 0;

  /** Number of commands and events seen. */
  get frames(): number {
    return this.#frames;
  }

  /** Newest `seq` of a VM in a frame or a gap; null before the first. */
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
