import type { Journal } from '../../journal/log/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { checkpointOf } from './checkpoint.js';
import { type Marked, needlessOf } from './needless.js';

/** Commands between two checkpoints of a small VM; a large one has fewer of them. */
const COMMANDS_PER_CHECKPOINT = 1024;

/** Commands that are not run again each time that a VM is woken, but are worth a checkpoint. */
const COMMANDS_ASLEEP = 64;

/** Share of a checkpoint's bytes that its log has grown by before the next one. */
const GROWTH = 1 / 8;

/** Where the log of a VM stands that was read. */
export interface Standing {
  readonly position: number;
  /** Commands behind the newest checkpoint. */
  readonly commands: number;
  /** Its checkpoints, oldest first. */
  readonly marked: readonly Marked[];
}

/** The checkpoints of one log: when the next one is due, and which of them are needed no more. */
export class LogCheckpoints {
  readonly #journal: Journal;
  readonly #entry: FleetVm;
  #commandsSince = 0;
  #bytesSince = 0;
  #newestBytes = 0;
  #marked: Marked[] = [];

  constructor(journal: Journal, entry: FleetVm) {
    this.#journal = journal;
    this.#entry = entry;
  }

  /**
   * Goes on where a log was read to.
   *
   * @param commands Commands behind the newest checkpoint.
   * @param marked The checkpoints that there are, oldest first.
   */
  resume(commands: number, marked: readonly Marked[]): void {
    this.#commandsSince = commands;
    this.#marked = [...marked];
  }

  /** Takes notice of commands of the log. */
  ran(commands: number): void {
    this.#commandsSince += commands;
  }

  /** Takes notice of bytes that were written to the log. */
  grew(bytes: number): void {
    this.#bytesSince += bytes;
  }

  get isDue(): boolean {
    return (
      this.#commandsSince >= COMMANDS_PER_CHECKPOINT &&
      this.#bytesSince >= this.#newestBytes * GROWTH
    );
  }

  /** Whether a checkpoint spares much when the VM is woken. */
  get isWorthwhile(): boolean {
    return this.#commandsSince >= COMMANDS_ASLEEP;
  }

  /**
   * Takes the VM as it is.
   *
   * @param position Number of the newest record.
   * @returns Keeps it.
   */
  take(position: number): () => Promise<void> {
    const journal = this.#journal;
    const bytes = checkpointOf(this.#entry);
    this.#commandsSince = 0;
    this.#bytesSince = 0;
    this.#newestBytes = bytes.length;
    const { id, ring } = this.#entry;
    this.#marked.push({ position, seq: ring.head, bytes: bytes.length });
    const needless = needlessOf(this.#marked);
    this.#marked = this.#marked.filter((one) => !needless.includes(one));
    return () => {
      for (const one of needless) {
        // Nobody waits for it: one that stays is dropped when the journal is compacted.
        journal.dropCheckpoint(id, one.position).catch(() => {});
      }
      return journal.keepCheckpoint(id, { position, bytes });
    };
  }
}
