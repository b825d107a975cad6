import { type Journal, type LogRecord, NotWritten } from '../../journal/log/index.js';
import { bodyOf } from './bodies.js';
import { type CheckedFile, checkLines, linesIn } from './journal-file.js';
import { bytesFrom, type JournalLine, type LineOf } from './journal-lines.js';
import { LIVED } from './kept-clock.js';
import { dropStates } from './named-states.js';
import { noteFrom } from './note.js';
import { ANSWERS, JOBS, META, PRICE_LISTS } from './rooms.js';

/** A file cannot be taken in. The message says why, and nothing was changed. */
export class CannotImport extends Error {
  override readonly name = 'CannotImport';
}

/** The outcome of an import. */
export interface Imported {
  readonly vms: readonly string[];
  /** Whether the jobs, answers and price lists came in as well, as into a new journal. */
  readonly isWhole: boolean;
}

/**
 * Takes the VMs of an exported file in. It is read twice: first to see that it is whole and that
 * nothing in the journal would be overwritten.
 *
 * A new journal becomes the one that was exported, with its epoch, jobs and answers. Any other takes
 * VMs alone, behind its own.
 *
 * @param open Opens the text of the file.
 * @throws {CannotImport} Before anything is changed.
 * @throws {NotWritten} If the journal could not be written; what came in before is dropped again.
 */
export async function importJournal(
  journal: Journal,
  open: () => AsyncIterable<string>,
): Promise<Imported> {
  const checked = await checkLines(linesIn(open()), (why) => new CannotImport(why));
  const heads = await journal.list();
  const there = heads.find(({ vm }) => checked.vms.includes(vm));
  if (there !== undefined) {
    throw new CannotImport(
      `VM "${there.vm}" is there already; delete it first, or name a new folder`,
    );
  }
  const numbers = heads.map(({ note }) => noteFrom(note)?.number ?? 0);
  const isNew = heads.length === 0 && (await isUnused(journal));
  const isWhole = checked.of === 'all' && isNew;
  const number = Math.max(0, ...numbers);
  const writer = new Writer(journal, { isWhole, number, lived: await livedOf(journal) });
  try {
    for await (const { line } of linesIn(open())) await writer.take(line);
    await writer.end(checked);
  } catch (error) {
    await writer.undo().catch(() => {});
    throw error;
  }
  return { vms: checked.vms, isWhole };
}

/** Time by the clock of a journal. */
async function livedOf(journal: Journal): Promise<number> {
  for await (const { key, value } of journal.values(META, LIVED)) {
    if (key === LIVED) return Number(new TextDecoder().decode(value));
  }
  return 0;
}

/** @throws {NotWritten} If somebody else has written to a log that was not there. */
async function append(
  journal: Journal,
  vm: string,
  { line, note }: { readonly line: LineOf<'record'>; readonly note: Uint8Array },
): Promise<void> {
  const after = line.position - 1;
  const { tail } = await journal.append(vm, { record: recordOf(line), after, note });
  if (tail === undefined) return;
  throw new NotWritten(`another process has written to the log of VM "${vm}"`, false);
}

/** Whether a journal has never kept anything. */
async function isUnused(journal: Journal): Promise<boolean> {
  for (const room of [JOBS, ANSWERS, PRICE_LISTS]) {
    for await (const _ of journal.values(room)) return false;
  }
  for await (const { key } of journal.values(META)) if (key === 'made') return false;
  return true;
}

interface Gathered {
  readonly head: LineOf<'vm'>;
  readonly records: LineOf<'record'>[];
  readonly checkpoints: LineOf<'checkpoint'>[];
  readonly values: LineOf<'value'>[];
}

/** The journal that VMs come into. */
interface Into {
  readonly isWhole: boolean;
  /** Number of its newest VM in the list. */
  readonly number: number;
  /** Time by its clock, in milliseconds. */
  readonly lived: number;
}

/** Writes what it is given, a VM at a time: each with all that belongs to it, or not at all. */
class Writer {
  readonly #journal: Journal;
  readonly #isWhole: boolean;
  /** Number of the newest VM in the list. */
  #number: number;
  readonly #lived: number;
  readonly #values: LineOf<'value'>[] = [];
  readonly #written: string[] = [];
  #vm: Gathered | null = null;

  constructor(journal: Journal, { isWhole, number, lived }: Into) {
    this.#journal = journal;
    this.#isWhole = isWhole;
    this.#number = number;
    this.#lived = lived;
  }

  async take(line: JournalLine): Promise<void> {
    switch (line.line) {
      case 'vm':
        await this.#endVm();
        this.#vm = { head: line, records: [], checkpoints: [], values: [] };
        break;
      case 'record':
        this.#vm?.records.push(line);
        break;
      case 'checkpoint':
        this.#vm?.checkpoints.push(line);
        break;
      case 'value':
        (this.#vm?.values ?? this.#values).push(line);
        break;
      case 'journal':
      case 'end':
        break;
    }
  }

  async end({ vms }: CheckedFile): Promise<void> {
    await this.#endVm();
    const puts = this.#isWhole ? this.#values.map((value) => this.#put(value)) : [];
    await Promise.all([...puts, ...(this.#isWhole ? [] : [this.#countPast(vms)])]);
  }

  /** Drops the VMs that were written. */
  async undo(): Promise<void> {
    for (const vm of this.#written) {
      await Promise.all([this.#journal.delete(vm), dropStates(this.#journal, vm)]);
    }
  }

  async #endVm(): Promise<void> {
    if (this.#vm === null) return;
    const { head, records, checkpoints, values } = this.#vm;
    this.#vm = null;
    this.#number += 1;
    const { vm } = head;
    // Among others it has a number behind theirs, and its age begins.
    const own = this.#isWhole ? {} : { number: this.#number, lived: this.#lived };
    const note = head.note === null ? new Uint8Array() : textOf({ ...head.note, ...own });
    const first = records[0]?.position ?? head.position + 1;
    this.#written.push(vm);
    const journal = this.#journal;
    await this.#inOrder([
      [() => journal.begin(vm, first - 1)],
      records.map((line) => () => append(journal, vm, { line, note })),
      checkpoints.map(({ position, facts, bytes }) => () => {
        const body = bodyOf(facts, bytesFrom(bytes));
        return journal.keepCheckpoint(vm, { position, bytes: body });
      }),
      [() => journal.note(vm, note)],
      values.map((value) => () => this.#put(value)),
    ]);
  }

  /** Makes changes in one turn, so that they are one transaction; or, without any, in their order. */
  async #inOrder(steps: readonly (readonly (() => Promise<void>)[])[]): Promise<void> {
    const groups = this.#journal.hasTransactions ? [steps.flat()] : steps;
    for (const changes of groups) await Promise.all(changes.map((change) => change()));
  }

  #put({ room, key, value }: LineOf<'value'>): Promise<void> {
    return this.#journal.put(room, key, bytesFrom(value));
  }

  /** Has the journal give none of these ids to a VM of its own. */
  async #countPast(vms: readonly string[]): Promise<void> {
    const meta = new Map<string, string>();
    for await (const { key, value } of this.#journal.values(META)) {
      meta.set(key, new TextDecoder().decode(value));
    }
    const made = Number(meta.get('made') ?? 0);
    const own = vms.filter((vm) => vm.endsWith(`-${meta.get('epoch')}`));
    const numbers = own.map((vm) => Number(/^vm-(\d+)-/.exec(vm)?.[1] ?? 0));
    const past = Math.max(made, ...numbers);
    if (past > made) await this.#journal.put(META, 'made', new TextEncoder().encode(String(past)));
  }
}

function recordOf({
  kind,
  seq,
  identity,
  rules,
  packing,
  facts,
  bytes,
}: LineOf<'record'>): LogRecord {
  return { kind, seq, identity, rules, packing, body: bodyOf(facts, bytesFrom(bytes)) };
}

function textOf(facts: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(facts));
}
