import type { EndReason } from '../wire/frames.js';

/** Where the frames of a stream go: a WebSocket, or the body of an answer. */
export interface FrameSink {
  /** Whether the client does not answer pings, so that it has to be told that all is well. */
  readonly isOneWay: boolean;
  /** Whether what waits for the reader is below the bound. */
  hasRoom(): boolean;
  /** @param place From where the reader may resume behind this frame; null if it stays there. */
  send(text: string, place: number | null): void;
  /** What is sent inside goes out in one write. */
  together(send: () => void): void;
  /** @param listener Called when there is room again. */
  onDrain(listener: () => void): void;
  /** @param listener Called once, when the client is gone or the stream has ended. */
  onClose(listener: () => void): void;
  /** Gives up a client that showed no sign of life since the last beat. */
  beat(): void;
  /** Closes when all that was sent has gone out. */
  end(reason: EndReason): void;
  /** Closes at once. */
  terminate(): void;
}
