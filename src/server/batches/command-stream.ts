import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Applied } from '../../journal/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { SLICE_STEPS, type Work } from '../fleet/turns.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { jsonOf, objectsOf } from '../wire/json-lines.js';
import { endReading } from '../wire/last-word.js';
import { cameTooSlowly, lineTooLong, notKeptFrom, noVcpu } from './stream-refusals.js';

/** Bytes of answers that are written at once, because a write costs more than a command. */
const WRITE_BYTES = 64 * 1024;

/** Lines that arrive together from a client who waits for each answer, at most. */
const FEW_LINES = 16;

/** Does something to a VM when nothing else is done to it. */
export type TakeTurn = <T>(vm: string, work: () => Promise<T>) => Promise<T>;

export interface CommandStreamOptions {
  readonly fleet: Fleet;
  readonly entry: FleetVm;
  /** Does something to the VM when its turn comes. */
  readonly takeTurn: TakeTurn;
  /** The body of this request holds the commands, one a line. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** @throws {ApiError} If JSON is no command. */
  readonly read: (value: unknown) => Command;
  readonly write: (applied: Applied) => string;
  readonly writeProblem: (error: unknown) => string;
}

/**
 * Commands that arrive one a line, each answered by a line. A command that cannot be applied is
 * answered by a problem, which is the last line.
 *
 * The server reads no further than the client has taken its answers, so a client that does not read
 * costs no more than the answers to a slice of commands.
 */
export class CommandStream {
  readonly #options: CommandStreamOptions;
  #line = 0;
  /** The last line whose command is kept. */
  #keptLine = 0;
  #entry: FleetVm;
  #stopped: ApiError | null = null;
  /** Ends the wait for more commands. */
  #wake: (reason: ApiError) => void = () => {};

  /** The work of all lines that come in great numbers. */
  readonly #work: Work;

  constructor(options: CommandStreamOptions) {
    this.#options = options;
    this.#entry = options.entry;
    this.#work = options.fleet.turns.work();
  }

  /** The body of the answer. */
  answers(): Readable {
    return Readable.from(this.#answers(), { objectMode: false });
  }

  /** Ends the stream with a problem. */
  stop(reason: ApiError): void {
    this.#stopped ??= reason;
    this.#wake(reason);
  }

  /** Gives up reading, once the answer is out, unless the client ends its request soon. */
  finish(): void {
    endReading(this.#options.request);
  }

  async *#answers(): AsyncGenerator<string> {
    const { request, writeProblem } = this.#options;
    try {
      for await (const lines of this.#lines()) yield* this.#answersTo(lines);
    } catch (error) {
      // A client that has gone reads nothing any more.
      if (request.errored === null) yield* this.#timed(`${writeProblem(this.#placed(error))}\n`);
    }
  }

  async *#answersTo(lines: readonly string[]): AsyncGenerator<string> {
    let applied: Applying[] = [];
    let length = 0;
    const work = lines.length <= FEW_LINES ? this.#options.fleet.turns.work() : this.#work;
    for (let i = 0; i < lines.length; ) {
      if (work.isOver()) await work.next();
      const some = await this.#applyInTurn(lines.slice(i, i + SLICE_STEPS), applied);
      i += some.taken;
      applied.push(some);
      length += some.answers.length;
      if (length >= WRITE_BYTES || some.error !== null) {
        yield* this.#settled(applied);
        applied = [];
        length = 0;
      }
      if (some.error !== null) throw some.error;
    }
    yield* this.#settled(applied);
  }

  /** @param before Lines that were applied, and whose answers are still to come. */
  async #applyInTurn(lines: readonly string[], before: readonly Applying[]): Promise<Applying> {
    const { fleet, takeTurn } = this.#options;
    const { id } = this.#entry;
    return await takeTurn(id, async () => {
      // Another request may have had it made again.
      await fleet.sleeping.wake(id);
      this.#entry = fleet.find(id) ?? this.#entry;
      const entry = this.#entry;
      while (entry.held !== null) await entry.held;
      const { log } = entry;
      const isCutOff = before.some((one) => one.log !== log && isLost(one));
      const some = isCutOff ? NOT_APPLIED : this.#apply(lines);
      return { ...some, log, changes: log?.changes ?? 0, line: this.#line };
    });
  }

  /**
   * Hands out answers once what they tell is kept.
   *
   * @throws {ApiError} If it is not, because another server wrote to the VM first.
   */
  async *#settled(applied: readonly Applying[]): AsyncGenerator<string> {
    const answers: string[] = [];
    for (const some of applied) {
      await some.log?.settled;
      if (isLost(some)) {
        yield* this.#timed(answers.join(''));
        this.#line = this.#keptLine;
        throw notKeptFrom();
      }
      answers.push(some.answers);
      this.#keptLine = some.line;
    }
    yield* this.#timed(answers.join(''));
  }

  /** Whole lines, as they arrive. */
  async *#lines(): AsyncGenerator<string[]> {
    // The iterator must not close the connection when it stops: the last answers still go out.
    const chunks = this.#options.request.iterator({ destroyOnReturn: false });
    let rest = '';
    try {
      for (let next = await this.#next(chunks); !next.done; next = await this.#next(chunks)) {
        // Commands are ASCII; any other character is refused, in whatever encoding it is read.
        const lines = (rest + (next.value as Buffer).toString('latin1')).split('\n');
        rest = lines.pop() ?? '';
        yield lines;
        if (rest.length > BOUNDS.commandLineBytes.value) break;
      }
      if (rest !== '') yield [rest];
    } finally {
      // While it listens, nothing else can read what is left.
      void chunks.return?.();
    }
  }

  /** @throws {ApiError} If nothing arrives for too long, or if the stream is stopped. */
  #next(chunks: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
    const { requestMs: requestMsMax } = this.#options.fleet.limits;
    return new Promise((resolve, reject) => {
      if (this.#stopped !== null) reject(this.#stopped);
      this.#wake = reject;
      const late = setTimeout(() => this.stop(cameTooSlowly(requestMsMax)), requestMsMax).unref();
      chunks
        .next()
        .then(resolve, reject)
        .finally(() => clearTimeout(late));
    });
  }

  /** Applies some of the lines, at least one: as many as a slice has time for. */
  #apply(lines: readonly string[]): { answers: string; taken: number; error: unknown } {
    const { fleet, read, write } = this.#options;
    const entry = this.#entry;
    const answers: string[] = [];
    let taken = 0;
    // Joined, because a long concatenation keeps a tree of all its parts alive.
    const joined = () => (answers.length === 0 ? '' : `${answers.join('\n')}\n`);
    const objects = objectsOf(lines);
    try {
      fleet.demand(entry);
      for (const [index, line] of lines.entries()) {
        if (fleet.turns.isOver() && index > 0) break;
        taken += 1;
        this.#line += 1;
        if (line === '' || line === '\r') continue;
        if (line.length > BOUNDS.commandLineBytes.value) throw lineTooLong();
        const command = read(objects === null ? jsonOf(line) : objects[index]);
        if (entry.vm.vcpus[command.vcpu] === undefined) throw noVcpu(command);
        answers.push(write(fleet.run(entry, command)));
      }
      return { answers: joined(), taken, error: null };
    } catch (error) {
      return { answers: joined(), taken, error };
    } finally {
      entry.ring.notify();
    }
  }

  /** Hands out lines, and closes the connection if the client does not take them in time. */
  async *#timed(lines: string): AsyncGenerator<string> {
    if (lines === '') return;
    const { response, fleet } = this.#options;
    const late = setTimeout(() => response.destroy(), fleet.limits.requestMs).unref();
    try {
      yield lines;
    } finally {
      clearTimeout(late);
    }
  }

  /** The error, with the line at which it happened. */
  #placed(error: unknown): unknown {
    if (!(error instanceof ApiError)) return error;
    const details = { ...error.details, line: this.#line, seq: this.#entry.ring.head };
    return new ApiError(error.code, `${error.message} (line ${this.#line})`, details);
  }
}

/** Lines that were applied, and what has to be kept before they are answered. */
interface Applying {
  readonly answers: string;
  readonly taken: number;
  readonly error: unknown;
  readonly log: FleetVm['log'];
  readonly changes: number;
  /** The last of the lines. */
  readonly line: number;
}

/** Lines that are not applied, because others before them were lost. */
const NOT_APPLIED = { answers: '', taken: 0, error: notKeptFrom() };

/** Whether lines that are settled were undone. */
function isLost({ log, changes }: Applying): boolean {
  return log !== null && log.kept < changes;
}
