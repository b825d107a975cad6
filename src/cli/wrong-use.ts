/** A use that cannot be served. The message is one sentence for the one who made it. */
export class WrongUse extends Error {
  override readonly name: string = 'WrongUse';
}

/** A file that cannot be read, or does not hold what it should. */
export class UnusableFile extends WrongUse {
  override readonly name = 'UnusableFile';

  /** Why it cannot be used. */
  readonly reason: string;

  constructor(file: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot read "${file}": ${reason}`);
    this.reason = reason;
  }
}
