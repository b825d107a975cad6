import type { PackedStep, RewoundRecord } from '../../journal/index.js';
import { PACKED_VERSION } from '../../journal/index.js';
import type { Journal, LogKind, LogRecord } from '../../journal/log/index.js';
import { archiveVm, type FrozenVm, RULES_VERSION } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Cradle } from '../fleet/keeper.js';
import type { LivedClock } from '../fleet/lived-clock.js';
import type { NamedState, VmLog } from '../fleet/vm-log.js';
import { appendRecords, bytesOf } from './append-records.js';
import { bodyOf, writtenRequests } from './bodies.js';
import { madeFactsOf } from './checkpoint.js';
import type { NamedFacts, RanFacts, RewoundFacts, SnapshotFacts } from './facts.js';
import { LogCheckpoints, type Standing } from './log-checkpoints.js';
import { LostRace } from './lost-race.js';
import { noteFrom, noteOf } from './note.js';
import type { InPlace } from './read-log.js';
import { Replay } from './replay-log.js';
import { SNAPSHOTS, TRACED } from './rooms.js';

/** Records of a VM that one record of its log stands for, about. */
const RECORDS_PER_RECORD = 1024;

export interface KeptLogOptions {
  readonly journal: Journal;
  /** Names this process among all that ever wrote. */
  readonly writer: string;
  readonly entry: FleetVm;
  readonly clock: LivedClock;
  /** Called when there is something to write, once until it is written. */
  readonly onChange: (log: KeptLog) => void;
}

/** The log of a VM that is awake: gathers what happens to it, and writes it down. */
export class KeptLog implements VmLog {
  readonly entry: FleetVm;
  settled: Promise<void> | null = null;
  changes = 0;
  kept = 0;
  /** The newest durable note, to which the VM returns if a write fails; null before the first. */
  note: Uint8Array | null = null;
  readonly #options: KeptLogOptions;
  #records: LogRecord[] = [];
  /** Values that are kept before a log that others may read. */
  readonly #before: (() => Promise<void>)[] = [];
  /** Changes of snapshots, which are kept beside the log. */
  #values: (() => Promise<void>)[] = [];
  #steps: PackedStep[] = [];
  /** `seq` of the newest record that is gathered or written. */
  #seq: number;
  #stepsSeq = 0;
  #position = 0;
  /** State of a fork before its first command. */
  readonly #firstState: Uint8Array | undefined;
  readonly #checkpoints: LogCheckpoints;
  #isDraft = true;
  #shapesWritten = 0;
  #writes = 0;

  constructor(options: KeptLogOptions) {
    this.#options = options;
    this.entry = options.entry;
    const { ring, origin, vm } = options.entry;
    this.#checkpoints = new LogCheckpoints(options.journal, options.entry);
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

  /** The VM as it is kept, while another server may still undo what it has become. */
  get keptSummary() {
    if (this.#options.journal.shared === null || this.kept === this.changes) return null;
    return this.note && (noteFrom(this.note)?.summary ?? null);
  }

  /** Goes on where a log was read to. */
  resume({ position, commands, marked }: Standing): void {
    this.#isDraft = false;
    this.#checkpoints.resume(commands, marked);
    this.#goOn(position);
  }

  /** Takes up records that another server wrote behind the newest one. */
  async follow(records: readonly InPlace[], cradle: Cradle): Promise<Replay> {
    const replay = new Replay(this.entry, cradle);
    await replay.run(records);
    this.#checkpoints.ran(replay.commands);
    this.#checkpoints.grew(bytesOf(records.map(({ record }) => record)));
    this.#goOn(this.#position + records.length);
    return replay;
  }

  #goOn(position: number): void {
    const { ring } = this.entry;
    this.#position = position;
    this.#seq = ring.head;
    this.#shapesWritten = ring.packer.shapes.length;
  }

  /** Begins the log, with what the VM did while nobody saw it. */
  begin(): void {
    const { entry } = this;
    this.#isDraft = false;
    const made = this.#record('made', 0, bodyOf(madeFactsOf(entry), this.#firstState));
    this.#records.unshift(made);
    const { id, traced } = entry;
    if (traced !== null) {
      const { journal } = this.#options;
      const before = journal.shared === null ? this.#values : this.#before;
      before.push(() => journal.put(TRACED, id, bodyOf(traced)));
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
    const state = archiveVm(entry.vm);
    const { journal } = this.#options;
    this.#values.push(() => journal.put(SNAPSHOTS, `${entry.id}/${name}`, bodyOf(facts, state)));
    this.#endSteps();
    // Other servers take it from the record, which may come before the value.
    const isAlone = journal.shared === null;
    const taken = { taken: name, ...(isAlone ? {} : facts) } satisfies NamedFacts;
    this.#push('snapshots', bodyOf(taken, isAlone ? undefined : state));
  }

  snapshotDeleted(name: string): void {
    this.#values.push(() => this.#options.journal.remove(SNAPSHOTS, `${this.entry.id}/${name}`));
    this.#endSteps();
    this.#push('snapshots', bodyOf({ deleted: name } satisfies NamedFacts));
  }

  /**
   * Writes what was gathered; resolves to its note when it is durable, and streams may show it.
   *
   * @throws {LostRace} If another server wrote to the log first.
   */
  async write(): Promise<Uint8Array> {
    this.#endSteps();
    const { journal, clock } = this.#options;
    const { entry, changes } = this;
    const seq = this.#seq;
    const note = noteOf(entry, clock.now());
    const isAlone = journal.shared === null;
    if (!isAlone) await this.#beFirst();
    const records = this.#records;
    this.#records = [];
    const appends = appendRecords(journal, entry.id, { records, after: this.#position, note });
    this.#position += records.length;
    this.#checkpoints.grew(bytesOf(records));
    const checkpoint = this.#checkpoints.isDue ? this.#checkpoints.take(this.#position) : null;
    const beside = () => [...this.#values.splice(0), ...(checkpoint ? [checkpoint] : [])];
    if (isAlone) {
      // Together: all of them fail with their transaction, and none may fail unheard.
      await Promise.all([appends, ...beside().map((keep) => keep())]);
    } else {
      // What is beside a log must not be there if another server wins.
      await appends;
      await Promise.all(beside().map((keep) => keep()));
    }
    entry.ring.release(seq);
    this.kept = changes;
    return note;
  }

  /** Keeps the VM as it is, because it goes to sleep: waking it takes no commands then. */
  rest(): void {
    if (this.hasMore || !this.#checkpoints.isWorthwhile) return;
    // Nobody waits for it: without it, commands are run again.
    this.#checkpoints
      .take(this.#position)()
      .catch(() => {});
  }

  /** Finds out early if another server has written. Keeps what a log that begins leans on. */
  async #beFirst(): Promise<void> {
    const { id } = this.entry;
    await Promise.all(this.#before.splice(0).map((put) => put()));
    if ((await this.#options.journal.position(id)) !== this.#position) throw new LostRace(id);
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
    this.#checkpoints.ran(steps.length);
    this.#records.push(this.#record('ran', this.#seq, bodyOf(facts, packed)));
  }

  #push(kind: LogKind, body: Uint8Array): void {
    this.#records.push(this.#record(kind, this.#seq, body));
    this.#changed();
  }

  #changed(): void {
    this.changes += 1;
    if (!this.#isDraft) this.#options.onChange(this);
  }

  #record(kind: LogKind, seq: number, body: Uint8Array): LogRecord {
    this.#writes += 1;
    const identity = `${this.#options.writer}.${this.#writes}`;
    return { kind, seq, identity, rules: RULES_VERSION, packing: PACKED_VERSION, body };
  }
}
