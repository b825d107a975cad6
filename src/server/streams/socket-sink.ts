import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { EndReason } from '../wire/frames.js';
import { type FrameSink, say } from './frame-sink.js';
import { type Framing, WEB_SOCKET } from './framing.js';

/**
 * Close codes.
 *
 * @see RFC 6455, "Defined Status Codes"
 */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

/** Bytes of a message of a client. It may send pings only, which are far shorter. */
export const INBOUND_BYTES_MAX = 1024;

const PONG = '{"type":"pong"}';

export interface SocketSinkOptions {
  readonly socket: WebSocket;
  /** The connection below the socket, which tells when there is room again. */
  readonly connection: Socket;
  readonly bufferBytesMax: number;
}

/**
 * Sends frames as messages to a WebSocket client.
 *
 * Frames are written to the connection below `ws`, which would put every one of them into bytes
 * again for every client. That is sound as long as `ws` itself writes at once: it does unless it
 * compresses, and the server agrees to no extension. All that `ws` writes itself (pings, pongs,
 * the close frame) so keeps its place between whole frames.
 */
export class SocketSink implements FrameSink {
  readonly isOneWay = false;
  readonly framing: Framing = WEB_SOCKET;
  readonly #socket: WebSocket;
  readonly #connection: Socket;
  readonly #bufferBytesMax: number;
  #isAlive = true;
  /** Bytes that the connection had taken at the last beat, and whether more waited for it. */
  #taken = 0;
  #wasBehind = false;
  #hasEnded = false;
  #onDrain = () => {};

  constructor({ socket, connection, bufferBytesMax }: SocketSinkOptions) {
    this.#socket = socket;
    this.#connection = connection;
    this.#bufferBytesMax = bufferBytesMax;
    socket.on('message', (data, isBinary) => this.#take(isBinary ? '' : String(data)));
    socket.on('ping', (data) => this.#reply(() => socket.pong(data)));
    socket.on('pong', () => {
      this.#isAlive = true;
    });
  }

  room(): number {
    const socket = this.#socket;
    return socket.readyState === socket.OPEN ? this.#bufferBytesMax - socket.bufferedAmount : 0;
  }

  write(bytes: Buffer): void {
    // Behind a close frame, nothing may follow.
    if (this.#socket.readyState === this.#socket.OPEN) this.#connection.write(bytes);
  }

  together(send: () => void): void {
    this.#connection.cork();
    send();
    const isFull = this.room() <= 0;
    this.#connection.uncork();
    if (isFull) this.#promiseDrain();
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
    this.#connection.on('drain', listener);
    this.#socket.on('close', () => this.#connection.off('drain', listener));
  }

  onClose(listener: () => void): void {
    this.#socket.on('close', listener);
  }

  /** A client that is behind reads much before it sees a ping: that it reads is a sign of life. */
  beat(): void {
    const { bytesWritten, writableLength } = this.#connection;
    const taken = bytesWritten - writableLength;
    const isReading = this.#wasBehind && taken > this.#taken;
    this.#taken = taken;
    this.#wasBehind = writableLength > 0;
    if (!this.#isAlive && !isReading) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  end(reason: EndReason): void {
    this.#hasEnded = true;
    this.#socket.close(reason === 'shutdown' ? GOING_AWAY : NORMAL, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Asks to be called when there is room: below its own bound, the connection does not tell. */
  #promiseDrain(): void {
    const { readyState, OPEN } = this.#socket;
    if (readyState !== OPEN || this.#connection.writableNeedDrain) return;
    this.#connection.write('', () => this.#onDrain());
  }

  #take(text: string): void {
    if (isPing(text)) this.#reply(() => say(this, PONG, null));
    else this.#socket.close(POLICY_VIOLATION, 'only {"type":"ping"} may be sent');
  }

  /** Answers only while there is room, so that a client that reads nothing cannot flood us. */
  #reply(send: () => void): void {
    if (!this.#hasEnded && this.room() > 0) send();
  }
}

function isPing(text: string): boolean {
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type === 'ping';
  } catch {
    return false;
  }
}
