import type { EndReason } from '../wire/frames.js';
import type { FrameSink } from './frame-sink.js';

/** Milliseconds within which a reader is told that its filter left out the newest records. */
export const THROUGH_MS = 1000;

/** Bytes that a reader is sent before others have their turn. */
export const PIECE_BYTES = 256 * 1024;

/** The contents of a stream: what it tells its reader. {@link Stream} decides when. */
export interface FrameSource {
  /** Sends the first frame. */
  sayHello(): void;
  /** Whether there is more to send. */
  readonly isBehind: boolean;
  /** Sends a small piece of what there is, as the reader has room for it. */
  advance(): void;
  /**
   * Takes notice of a piece of what the reader has no room for.
   *
   * @returns Whether there is more to take notice of.
   */
  passOver(): boolean;
  /** Whether the filter left out the newest records, and the reader was not told so. */
  readonly owesThrough: boolean;
  /** Milliseconds within which the reader is told so. */
  readonly throughMs: number;
  /** Tells the reader up to where its filter was applied. */
  sayThrough(): void;
  /** Tells a reader that cannot answer pings that all is well. */
  sayAlive(): void;
  /** Sends the last frame; before it, what of the rest was left out. */
  sayEnd(reason: EndReason): void;
  /** Gives back what the reader alone needed. */
  close(): void;
}

/** One reader and the source that it follows, from the first frame to the last. */
export class Stream {
  readonly #sink: FrameSink;
  readonly #source: FrameSource;
  #wake = () => {};
  #through: NodeJS.Timeout | null = null;
  /** Set once nothing new is to come, while the reader still takes what there is. */
  #ending: EndReason | null = null;
  #hasEnded = false;

  constructor(source: FrameSource, sink: FrameSink) {
    this.#source = source;
    this.#sink = sink;
  }

  /**
   * Says hello.
   *
   * @param wake Promises a {@link step}.
   * @param onClose Called once, when the client is gone or the stream has ended.
   */
  start(wake: () => void, onClose: () => void): void {
    const sink = this.#sink;
    this.#wake = wake;
    sink.together(() => this.#source.sayHello());
    sink.onDrain(wake);
    sink.onClose(() => {
      this.#stop();
      onClose();
    });
    wake();
  }

  /**
   * Sends a piece of what there is.
   *
   * @returns Whether there is more to send at once.
   */
  step(): boolean {
    if (this.#hasEnded) return false;
    if (this.#hasRoom()) this.#sink.together(() => this.#source.advance());
    else if (this.#source.passOver()) return true;
    if (this.#source.owesThrough) this.#promiseThrough();
    if (this.#source.isBehind && this.#hasRoom()) return true;
    if (this.#ending !== null) this.#finish(this.#ending);
    return false;
  }

  /** Sends what fits, says why the stream ends, and closes it. */
  end(reason: EndReason): void {
    if (this.#hasEnded || this.#ending !== null) return;
    this.#ending = reason;
    this.#wake();
  }

  /** Gives up a dead client, and shows a live one that there is nothing new. */
  beat(): void {
    const sink = this.#sink;
    sink.beat();
    // A reader that is behind is sent other frames.
    const isQuiet = !this.#hasEnded && !this.#source.isBehind && this.#hasRoom();
    if (sink.isOneWay && isQuiet) {
      sink.together(() => this.#source.sayAlive());
    }
  }

  /** Closes the connection at once. */
  terminate(): void {
    this.#sink.terminate();
  }

  #hasRoom(): boolean {
    return this.#sink.room() > 0;
  }

  /** Records that a filter leaves out are not told one by one: once in a while is enough. */
  #promiseThrough(): void {
    this.#through ??= setTimeout(() => {
      this.#through = null;
      // A reader without room is promised it again as soon as it reads.
      if (!this.#source.owesThrough || !this.#hasRoom()) return;
      this.#sink.together(() => this.#source.sayThrough());
    }, this.#source.throughMs).unref();
  }

  #finish(reason: EndReason): void {
    this.#sink.together(() => this.#source.sayEnd(reason));
    this.#stop();
    this.#sink.end(reason);
  }

  #stop(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#through !== null) clearTimeout(this.#through);
    this.#through = null;
    this.#source.close();
  }
}
