import { Readable } from 'node:stream';
import type { FrameSink } from './frame-sink.js';

/** Format of the frames in the body of an answer. */
export type Framing = 'ndjson' | 'sse';

export const FRAMING_TYPES: Readonly<Record<Framing, string>> = {
  ndjson: 'application/x-ndjson',
  sse: 'text/event-stream',
};

export interface BodySinkOptions {
  readonly framing: Framing;
  /** Precedes the place in the id of a server-sent event, so that clients send both back. */
  readonly epoch: string;
  readonly bufferBytesMax: number;
}

/**
 * Sends frames in the body of an open-ended answer, as lines (NDJSON) or server-sent events.
 *
 * @see WHATWG HTML, "Server-sent events"
 */
export class BodySink implements FrameSink {
  readonly isOneWay = true;
  /** The body of the answer. */
  readonly body: Readable;
  readonly #options: BodySinkOptions;
  #text = '';
  /** Whether the client read since the last beat. */
  #wasRead = true;
  #onDrain = () => {};

  constructor(options: BodySinkOptions) {
    this.#options = options;
    this.body = new Readable({
      highWaterMark: options.bufferBytesMax,
      read: () => {
        this.#wasRead = true;
        // In this tick, the bytes being read still count as buffered.
        process.nextTick(() => this.#onDrain());
      },
    });
  }

  hasRoom(): boolean {
    const { body } = this;
    return (
      !body.destroyed && body.readableLength + this.#text.length < this.#options.bufferBytesMax
    );
  }

  send(text: string, place: number | null): void {
    if (this.#options.framing === 'ndjson') this.#text += `${text}\n`;
    else if (place === null) this.#text += `data: ${text}\n\n`;
    else this.#text += `id: ${this.#options.epoch}:${place}\ndata: ${text}\n\n`;
  }

  together(send: () => void): void {
    send();
    this.#flush();
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
    this.#flush();
    this.body.push(null);
  }

  terminate(): void {
    this.body.destroy();
  }

  #flush(): void {
    const text = this.#text;
    this.#text = '';
    if (text !== '' && !this.body.destroyed) this.body.push(text);
  }
}

/**
 * The format that a client asks for in its `Accept` header; null if it asks for neither.
 *
 * @see RFC 9110, "Accept"
 */
export function framingOf(accept: string | undefined): Framing | null {
  for (const range of accept?.split(',') ?? []) {
    const type = range.split(';', 1)[0]?.trim().toLowerCase();
    if (type === FRAMING_TYPES.sse) return 'sse';
    if (type === FRAMING_TYPES.ndjson) return 'ndjson';
  }
  return null;
}
