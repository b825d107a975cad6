import { Readable } from 'node:stream';
import type { FrameSink } from './frame-sink.js';
import type { Framing } from './framing.js';

/** Format of the frames in the body of an answer. */
export type BodyForm = 'ndjson' | 'sse';

export const BODY_TYPES: Readonly<Record<BodyForm, string>> = {
  ndjson: 'application/x-ndjson',
  sse: 'text/event-stream',
};

export interface BodySinkOptions {
  readonly framing: Framing;
  readonly bufferBytesMax: number;
}

/**
 * Sends frames in the body of an open-ended answer, as lines (NDJSON) or server-sent events.
 *
 * @see WHATWG HTML, "Server-sent events"
 */
export class BodySink implements FrameSink {
  readonly isOneWay = true;
  readonly framing: Framing;
  /** The body of the answer. */
  readonly body: Readable;
  readonly #bufferBytesMax: number;
  /** Whether the client read since the last beat. */
  #wasRead = true;
  #onDrain = () => {};

  constructor({ framing, bufferBytesMax }: BodySinkOptions) {
    this.framing = framing;
    this.#bufferBytesMax = bufferBytesMax;
    this.body = new Readable({
      highWaterMark: bufferBytesMax,
      read: () => {
        this.#wasRead = true;
        // In this tick, the bytes being read still count as buffered.
        process.nextTick(() => this.#onDrain());
      },
    });
  }

  room(): number {
    return this.body.destroyed ? 0 : this.#bufferBytesMax - this.body.readableLength;
  }

  write(bytes: Buffer): void {
    if (!this.body.destroyed) this.body.push(bytes);
  }

  /** Node joins what an answer is given in one tick. */
  together(send: () => void): void {
    send();
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  onClose(listener: () => void): void {
    this.body.once('close', listener);
  }

  beat(): void {
    if (this.body.readableLength > 0 && !this.#wasRead) this.body.destroy();
    this.#wasRead = false;
  }

  end(): void {
    this.body.push(null);
  }

  terminate(): void {
    this.body.destroy();
  }
}

/**
 * The format that a client asks for in its `Accept` header; null if it asks for neither.
 *
 * @see RFC 9110, "Accept"
 */
export function bodyFormOf(accept: string | undefined): BodyForm | null {
  for (const range of accept?.split(',') ?? []) {
    const type = range.split(';', 1)[0]?.trim().toLowerCase();
    if (type === BODY_TYPES.sse) return 'sse';
    if (type === BODY_TYPES.ndjson) return 'ndjson';
  }
  return null;
}
