import type { EndReason } from '../wire/frames.js';
import { type Framing, framed } from './framing.js';

/** Carries the frames of a stream: a WebSocket, or the body of an answer. */
export interface FrameSink {
  /** Whether the client cannot answer pings, and so has to be told that all is well. */
  readonly isOneWay: boolean;
  readonly framing: Framing;
  /** Bytes that may still be buffered for the reader; not above 0 if there is no room. */
  room(): number;
  /** @param bytes Whole frames in this sink's framing, shared with other readers. */
  write(bytes: Buffer): void;
  /** Puts all that `send` writes into one write. */
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

/**
 * Sends one reader a frame of its own.
 *
 * @param place The place to resume from after this frame; null if it does not change.
 */
export function say(sink: FrameSink, text: string, place: number | null): void {
  sink.write(framed(sink.framing, text, place));
}
