import type { EndReason } from '../wire/frames.js';
import type { FrameSink } from './frame-sink.js';

/** Milliseconds within which a reader is told that its filter left out the newest records. */
const STREAM_THROUGH_MS = 1000;

/** The contents of a stream: what it tells its reader. {@link Stream} decides when. */
export interface FrameSource {
  /** Sends the first frame. */
  sayHello(): void;
  /**
   * @param onNews Called when there may be more to send.
   * @returns A function that stops the listening; further calls do nothing.
   */
  listen(onNews: () => void): () => void;
  /** Sends as much as the reader has room for. */
  advance(): void;
  /** Whether the filter left out the newest records, and the reader was not told so. */
  readonly owesThrough: boolean;
  /** Tells the reader up to where its filter was applied. */
  sayThrough(): void;
  /** Tells a reader that cannot answer pings that all is well. */
  sayAlive(): void;
  /** Sends what fits, and the last frame. */
  sayEnd(reason: EndReason): void;
}

/** One reader and the source that it follows, from the first frame to the last. */
export class Stream {
  readonly #sink: FrameSink;
  readonly #source: FrameSource;
  #through: NodeJS.Timeout | null = null;
  #hasEnded = false;
  #stopListening = () => {};

  constructor(source: FrameSource, sink: FrameSink) {
    this.#source = source;
    this.#sink = sink;
  }

  /**
   * Says hello, sends what there is, and follows the source.
   *
   * @param onClose Called once, when the client is gone or the stream has ended.
   */
  start(onClose: () => void): void {
    const sink = this.#sink;
    const source = this.#source;
    const onNews = () => this.#advance();
    sink.together(() => source.sayHello());
    this.#stopListening = source.listen(onNews);
    sink.onDrain(onNews);
    sink.onClose(() => {
      this.#stop();
      onClose();
    });
    this.#advance();
  }

  /** Sends what fits, says why the stream ends, and closes it. */
  end(reason: EndReason): void {
    if (this.#hasEnded) return;
    this.#sink.together(() => this.#source.sayEnd(reason));
    this.#stop();
    this.#sink.end(reason);
  }

  /** Gives up a dead client, and shows a live one that there is nothing new. */
  beat(): void {
    const sink = this.#sink;
    sink.beat();
    if (sink.isOneWay && !this.#hasEnded && sink.hasRoom()) {
      sink.together(() => this.#source.sayAlive());
    }
  }

  /** Closes the connection at once. */
  terminate(): void {
    this.#sink.terminate();
  }

  #advance(): void {
    if (this.#hasEnded || !this.#sink.hasRoom()) return;
    this.#sink.together(() => this.#source.advance());
    if (this.#source.owesThrough) this.#promiseThrough();
  }

  /** Records that a filter leaves out are not told one by one: once in a while is enough. */
  #promiseThrough(): void {
    this.#through ??= setTimeout(() => {
      this.#through = null;
      // A reader without room is promised it again as soon as it reads.
      if (!this.#source.owesThrough || !this.#sink.hasRoom()) return;
      this.#sink.together(() => this.#source.sayThrough());
    }, STREAM_THROUGH_MS).unref();
  }

  #stop(): void {
    this.#hasEnded = true;
    if (this.#through !== null) clearTimeout(this.#through);
    this.#through = null;
    this.#stopListening();
  }
}
