import type { PackedStep, RewoundRecord } from '../../journal/index.js';
import { PACKED_VERSION } from '../../journal/index.js';
import { type Journal, type LogKind, type LogRecord, NotWritten } from '../../journal/log/index.js';
import { archiveVm, type FrozenVm, RULES_VERSION } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { LivedClock } from '../fleet/lived-clock.js';
import type { NamedState, VmLog } from '../fleet/vm-log.js';
import { bodyOf, writtenRequests } from './bodies.js';
import { checkpointOf, madeFactsOf } from './checkpoint.js';
import type { RanFacts, RewoundFacts, SnapshotFacts } from './facts.js';
import { type Marked, needlessOf } from './needless.js';
import { noteOf } from './note.js';
import { SNAPSHOTS, TRACED } from './rooms.js';

/** Records of a VM that one record of its log stands for, about. */
const RECORDS_PER_RECORD = 1024;

/** Commands between two checkpoints of a small VM; a large one has fewer of them. */
const COMMANDS_PER_CHECKPOINT = 1024;

/** Commands that are not run again each time that a VM is woken, but are worth a checkpoint. */
const COMMANDS_ASLEEP = 64;

/** Share of a checkpoint's bytes that its log has grown by before the next one. */
const GROWTH = 1 / 8;

export interface KeptLogOptions {
  readonly journal: Journal;
  /** Names this process among all that ever wrote. */
  readonly writer: string;
  readonly entry: FleetVm;
  readonly clock: LivedClock;
  /** Called when there is something to write, once until it is written. */
  readonly onChange: (log: KeptLog) => void;
}

/** Where the log of a VM stands that was read. */
export interface Standing {
  readonly position: number;
  /** Commands behind the newest checkpoint. */
  readonly commands: number;
  /** Its checkpoints, oldest first. */
  readonly marked: readonly Marked[];
}

/** The log of a VM that is awake: gathers what happens to it, and writes it down. */
export class KeptLog implements VmLog {
  readonly entry: FleetVm;
  settled: Promise<void> | null = null;
  readonly #options: KeptLogOptions;
  #records: LogRecord[] = [];
  /** Changes of snapshots, which are kept beside the log. */
  #values: (() => Promise<void>)[] = [];
  #steps: PackedStep[] = [];
  /** `seq` of the newest record that is gathered or written. */
  #seq: number;
  #stepsSeq = 0;
  #position = 0;
  /** State of a fork before its first command. */
  readonly #firstState: Uint8Array | undefined;
  #isDraft = true;
  #shapesWritten = 0;
  #commandsSince = 0;
  #bytesSince = 0;
  #checkpointBytes = 0;
  #marked: Marked[] = [];
  #writes = 0;

  constructor(options: KeptLogOptions) {
    this.#options = options;
    this.entry = options.entry;
    const { ring, origin, vm } = options.entry;
    this.#seq = ring.head;
    this.#firstState = origin === null ? undefined : archiveVm(vm);
  }

  /** Number of its newest record, written or on its way. */
  get position(): number {
    return this.#position;
  }

  get hasMore(): boolean {
    return this.#records.length > 0 || this.#steps.length > 0;
  }

  /** Goes on where a log was read to. */
  resume({ position, commands, marked }: Standing): void {
    this.#isDraft = false;
    this.#marked = [...marked];
    this.#position = position;
    this.#commandsSince = commands;
    this.#seq = this.entry.ring.head;
    this.#shapesWritten = this.entry.ring.packer.shapes.length;
  }

  /** Begins the log, with what the VM did while nobody saw it. */
  begin(): void {
    const { entry } = this;
    this.#isDraft = false;
    const made = this.#record('made', 0, bodyOf(madeFactsOf(entry), this.#firstState));
    this.#records.unshift(made);
    const { id, traced } = entry;
    if (traced !== null) {
      this.#values.push(() => this.#options.journal.put(TRACED, id, bodyOf(traced)));
    }
    this.#options.onChange(this);
  }

  ran(command: Command, records: number): void {
    if (this.#steps.length === 0) this.#stepsSeq = this.#seq + 1;
    this.#steps.push({ command, records });
    this.#seq += records;
    if (this.#seq - this.#stepsSeq >= RECORDS_PER_RECORD) this.#endSteps();
    this.#changed();
  }

  rewound({ snapshot, to, state, made }: RewoundRecord<FrozenVm>): void {
    this.#endSteps();
    this.#seq += 1;
    const facts: RewoundFacts = { snapshot, to, made: writtenRequests(made) };
    const bytes = state === null ? undefined : archiveVm(this.entry.vm);
    this.#push('rewound', bodyOf(facts, bytes));
  }

  failed(): void {
    this.#endSteps();
    this.#push('failed', bodyOf({ poison: this.entry.poison }));
  }

  relabelled(): void {
    this.#endSteps();
    this.#push('relabelled', bodyOf({ labels: this.entry.labels }));
  }

  snapshotTaken({ name, seq, made }: NamedState): void {
    const { entry } = this;
    const facts: SnapshotFacts = {
      ...{ name, seq, order: entry.revision },
      made: writtenRequests(made),
    };
    const value = bodyOf(facts, archiveVm(entry.vm));
    this.#values.push(() => this.#options.journal.put(SNAPSHOTS, `${entry.id}/${name}`, value));
    this.#endSteps();
    this.#push('snapshots', bodyOf({ taken: name }));
  }

  snapshotDeleted(name: string): void {
    this.#values.push(() => this.#options.journal.remove(SNAPSHOTS, `${this.entry.id}/${name}`));
    this.#endSteps();
    this.#push('snapshots', bodyOf({ deleted: name }));
  }

  /** Writes what was gathered; resolves to its note when it is durable, and streams may show it. */
  async write(): Promise<Uint8Array> {
    this.#endSteps();
    const { journal, clock } = this.#options;
    const { entry } = this;
    const records = this.#records;
    this.#records = [];
    const seq = this.#seq;
    const note = noteOf(entry, clock.now());
    const vm = entry.id;
    const appends = records.map((record) => {
      const after = this.#position;
      this.#position += 1;
      this.#bytesSince += record.body.length;
      return journal.append(vm, { record, after, note });
    });
    const values = this.#values.splice(0).map((put) => put());
    const checkpoint = this.#wantsCheckpoint ? this.#checkpoint() : null;
    // Together: all of them fail with their transaction, and none may fail unheard.
    const [appended] = await Promise.all([Promise.all(appends), checkpoint, ...values]);
    for (const [index, { tail }] of appended.entries()) {
      const mine = records[index]?.identity;
      const [first] = tail ?? [];
      // An append whose acknowledgement was lost meets itself.
      const isMine = first !== undefined && 'record' in first && first.record.identity === mine;
      if (tail !== undefined && !isMine) {
        throw new NotWritten('another process has written to the log of the VM', false);
      }
    }
    entry.ring.release(seq);
    return note;
  }

  /** Keeps the VM as it is, because it goes to sleep: waking it takes no commands then. */
  rest(): void {
    if (this.hasMore || this.#commandsSince < COMMANDS_ASLEEP) return;
    // Nobody waits for it: without it, commands are run again.
    this.#checkpoint().catch(() => {});
  }

  get #wantsCheckpoint(): boolean {
    return (
      this.#commandsSince >= COMMANDS_PER_CHECKPOINT &&
      this.#bytesSince >= this.#checkpointBytes * GROWTH
    );
  }

  /** Keeps the VM as it is behind its newest record. */
  #checkpoint(): Promise<void> {
    const { journal } = this.#options;
    const bytes = checkpointOf(this.entry);
    this.#commandsSince = 0;
    this.#bytesSince = 0;
    this.#checkpointBytes = bytes.length;
    const { id, ring } = this.entry;
    const position = this.#position;
    this.#marked.push({ position, seq: ring.head, bytes: bytes.length });
    const needless = needlessOf(this.#marked);
    this.#marked = this.#marked.filter((one) => !needless.includes(one));
    for (const one of needless) {
      // Nobody waits for it: one that stays is dropped when the journal is compacted.
      journal.dropCheckpoint(id, one.position).catch(() => {});
    }
    return journal.keepCheckpoint(id, { position, bytes });
  }

  #endSteps(): void {
    if (this.#steps.length === 0) return;
    const steps = this.#steps;
    this.#steps = [];
    const { packer } = this.entry.ring;
    const packed = packer.pack(steps);
    const known = this.#shapesWritten;
    const shapes = packer.shapes.slice(known);
    this.#shapesWritten = packer.shapes.length;
    const first = this.#stepsSeq;
    const facts: RanFacts = shapes.length === 0 ? { first } : { first, known, shapes };
    this.#commandsSince += steps.length;
    this.#records.push(this.#record('ran', this.#seq, bodyOf(facts, packed)));
  }

  #push(kind: LogKind, body: Uint8Array): void {
    this.#records.push(this.#record(kind, this.#seq, body));
    this.#changed();
  }

  #changed(): void {
    if (!this.#isDraft) this.#options.onChange(this);
  }

  #record(kind: LogKind, seq: number, body: Uint8Array): LogRecord {
    this.#writes += 1;
    const identity = `${this.#options.writer}.${this.#writes}`;
    return { kind, seq, identity, rules: RULES_VERSION, packing: PACKED_VERSION, body };
  }
}
