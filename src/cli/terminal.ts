import type { Readable, Writable } from 'node:stream';

/** Streams that a command reads and writes: `process`, or in a test something of the same shape. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The status to end with. */
  exitCode?: number | string | null | undefined;
}

type Output = Writable & {
  /** Whether a person reads along. */
  readonly isTTY?: boolean;
};
