import type { FrameSink } from '../streams/frame-sink.js';
import { type Framing, LINES } from '../streams/framing.js';

/** Queue of the frames of a stream, for a reader in the same process. */
export class QueueSink implements FrameSink {
  readonly isOneWay = true;
  readonly framing: Framing = LINES;
  readonly #bytesMax: number;
  #frames: string[] = [];
  /** Index of the first frame that was not taken. */
  #place = 0;
  #bytes = 0;
  #isOpen = true;
  #wake = () => {};
  #onDrain = () => {};
  #onClose = () => {};

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The next frame, as soon as there is one; null behind the last. */
  async next(): Promise<string | null> {
    for (;;) {
      const frame = this.#frames[this.#place];
      if (frame !== undefined) {
        this.#place += 1;
        return frame;
      }
      this.#frames = [];
      this.#place = 0;
      this.#bytes = 0;
      if (!this.#isOpen) return null;
      this.#onDrain();
      if (this.#frames.length > 0 || !this.#isOpen) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  room(): number {
    return this.#isOpen ? this.#bytesMax - this.#bytes : 0;
  }

  write(bytes: Buffer): void {
    if (!this.#isOpen) return;
    // Each frame is a line, and the last of them has an end as well.
    this.#frames.push(...bytes.toString().trimEnd().split('\n'));
    this.#bytes += bytes.length;
  }

  together(send: () => void): void {
    send();
    this.#wake();
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  onClose(listener: () => void): void {
    this.#onClose = listener;
  }

  /** A reader in the same process is there as long as the process is. */
  beat(): void {}

  end(): void {
    this.#close();
  }

  terminate(): void {
    this.#frames = [];
    this.#close();
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onClose();
    this.#wake();
  }
}
