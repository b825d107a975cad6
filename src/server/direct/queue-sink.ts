import type { FrameSink } from '../streams/frame-sink.js';

/** Queue of the frames of a stream, for a reader in the same process. */
export class QueueSink implements FrameSink {
  readonly isOneWay = true;
  readonly #charactersMax: number;
  #frames: string[] = [];
  /** Index of the first frame that was not taken. */
  #place = 0;
  #characters = 0;
  #isOpen = true;
  #wake = () => {};
  #onDrain = () => {};
  #onClose = () => {};

  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
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
      this.#characters = 0;
      if (!this.#isOpen) return null;
      this.#onDrain();
      if (this.#frames.length > 0 || !this.#isOpen) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  hasRoom(): boolean {
    return this.#isOpen && this.#characters < this.#charactersMax;
  }

  send(text: string): void {
    if (!this.#isOpen) return;
    this.#frames.push(text);
    this.#characters += text.length;
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
