import { NotWritten } from '../log/index.js';

/** A change that waits for its transaction. */
interface Waiting {
  readonly change: () => void;
  /** Whether it takes no room, so that it is made on a disk that is full. */
  readonly isFreeing: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface GroupCommitOptions {
  /** Runs changes in one transaction, and resolves once it is on disk. */
  readonly commit: (changes: () => void) => Promise<unknown>;
  /** Why only changes that take no room can be made now; null if all can. */
  readonly refusal: () => NotWritten | null;
  /** Called when a transaction failed, before anyone is told. */
  readonly onFailure: () => void;
}

/**
 * Writes what has gathered as one transaction: first what a turn of the loop brings, and while one
 * transaction is written, all that comes meanwhile. So a sync costs the same for one client and for
 * a hundred.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #isDue = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Resolves once a change is on disk. @throws {NotWritten} If it could not be written. */
  add(change: () => void): Promise<void> {
    return this.#add(change, false);
  }

  /** The same for a change that takes no room, and leans on none before it. */
  free(change: () => void): Promise<void> {
    return this.#add(change, true);
  }

  /** Resolves when all changes of before have been written, or could not be. */
  async settled(): Promise<void> {
    if (this.#isDue) await this.free(() => {}).catch(() => {});
  }

  /** Resolves when nothing is being written any more. */
  async idle(): Promise<void> {
    while (this.#isDue) await this.settled();
  }

  #add(change: () => void, isFreeing: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, isFreeing, resolve, reject });
      this.#promiseTurn();
    });
  }

  #promiseTurn(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => void this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const refusal = this.#options.refusal();
      const refused = refusal === null ? [] : this.#waiting.filter(({ isFreeing }) => !isFreeing);
      const group = this.#waiting.filter((one) => !refused.includes(one));
      this.#waiting = [];
      if (group.length > 0) await this.#write(group);
      if (refusal !== null && refused.length > 0) this.#fail(refused, refusal);
      // The answers to what was written bring the next changes: they go together.
      if (this.#waiting.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isDue = false;
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#options.commit(() => {
        for (const { change } of group) change();
      });
      for (const { resolve } of group) resolve();
    } catch (error) {
      this.#fail(group, await causeOf(error));
    }
  }

  /** Fails the changes of a group, and those that came meanwhile, because they lean on them. */
  #fail(group: readonly Waiting[], error: unknown): void {
    const reason = notWritten(error);
    const all = [...group, ...this.#waiting.filter(({ isFreeing }) => !isFreeing)];
    this.#waiting = this.#waiting.filter(({ isFreeing }) => isFreeing);
    this.#options.onFailure();
    for (const { reject } of all) reject(reason);
  }
}

/** Leaves a write to the transaction that it belongs to, which tells of its failure. */
export function unheard(write: Promise<unknown>): void {
  write.catch(() => {});
}

/** Numbers by which the system, and LMDB, say that there is no room. */
const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG', 28, 122, 27, -30792];
const FULL_WORDS = /no space|quota|file too large|map_?full|mapsize/i;

/** The engine's own error, which it may tell by a promise. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { readonly commitError?: unknown };
  const cause = await Promise.resolve(commitError).catch((reason: unknown) => reason);
  return cause instanceof Error ? cause : error;
}

function notWritten(error: unknown): NotWritten {
  if (error instanceof NotWritten) return error;
  const { message: said, code } = error as Error & { readonly code?: unknown };
  return new NotWritten(said, FULL.includes(code) || FULL_WORDS.test(said), error);
}
