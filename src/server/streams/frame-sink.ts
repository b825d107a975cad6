import type { EndReason } from '../wire/frames.js';

/** Carries the frames of a stream: a WebSocket, or the body of an answer. */
export interface FrameSink {
  /** Whether the client cannot answer pings, and so has to be told that all is well. */
  readonly isOneWay: boolean;
  /** Whether the bytes buffered for the reader are below the bound. */
  hasRoom(): boolean;
  /** @param place The place to resume from after this frame; null if it does not change. */
  send(text: string, place: number | null): void;
  /** Puts all frames that `send` sends into one write. */
  together(send: () => void): void;
  /** @param listener Called when there is room again. */
  onDrain(listener: () => void): void;
  /** @param listener Called once, when the client is gone or the stream has ended. */
  onClose(listener: () => void): void;
  /** Gives up a client that showed no sign of life since the last beat. */
  beat(): void;
  /** Closes once all frames have gone out. */
  end(reason: EndReason): void;
  /** Closes at once. */
  terminate(): void;
}
