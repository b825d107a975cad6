import { NotWritten } from '../../journal/log/index.js';
import { ApiError } from '../wire/errors.js';

/** Writes that are on their way, for those who wait until there are none. */
export class Unsettled {
  readonly #writes = new Set<Promise<void>>();

  /** Counts a write until it has ended. */
  add(write: Promise<void>): void {
    const ended: Promise<void> = write.then(
      () => void this.#writes.delete(ended),
      (error: unknown) => {
        this.#writes.delete(ended);
        throw error;
      },
    );
    // Whoever waits is told; a write that nobody waits for has told its owner.
    ended.catch(() => {});
    this.#writes.add(ended);
  }

  /** Resolves when all writes of this moment have ended; null if there are none. */
  get all(): Promise<void> | null {
    if (this.#writes.size === 0) return null;
    return Promise.all(this.#writes).then(() => {});
  }
}

const UNDONE = 'Cannot keep what this request did, which is undone';

/** Refusal of what could not be written. @param what The thing that cannot be done. */
export function notKept(error: unknown, what = UNDONE): unknown {
  if (!(error instanceof NotWritten)) return error;
  const reason = error.message.replace(/\.$/, '');
  if (error.isUnknown && what === UNDONE) {
    const unknown = 'Cannot tell whether what this request did is kept';
    return new ApiError(
      'journal-failed',
      `${unknown}: the journal did not answer (${reason}); read the VM`,
    );
  }
  return error.isFull
    ? new ApiError('journal-failed', `${what}: there is no room for the journal (${reason})`)
    : new ApiError('journal-failed', `${what}: the journal cannot be written (${reason})`);
}
