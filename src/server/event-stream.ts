import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { HistoryRecord } from '../journal/index.js';
import type { Filter } from './filter.js';
import type { FleetVm } from './fleet.js';
import { type EndReason, writeEnd, writeGap, writeHello } from './frames.js';

/** Close codes. @see RFC 6455, "Defined Status Codes" */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

/** A client sends pings at most; this many bytes hold one with room to spare. */
export const INBOUND_BYTES_MAX = 1024;

const PONG = '{"type":"pong"}';

export interface EventStreamOptions {
  readonly entry: FleetVm;
  readonly socket: WebSocket;
  /** The connection below the socket: it says when there is room again. */
  readonly connection: Socket;
  readonly epoch: string;
  /** The stream begins behind this sequence number. */
  readonly after: number;
  readonly filter: Filter;
  readonly bufferBytesMax: number;
  /** Writes a frame; streams of one VM share it, so that a frame is written once. */
  readonly write: (record: HistoryRecord) => string;
}

/**
 * One reader of a VM's history: a cursor, and no queue.
 *
 * What the reader has not taken yet stays in the VM's ring. If the ring moves past the cursor, the
 * reader is told of the gap; a reader that is slow or dead thus costs a VM neither time nor memory.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  #cursor: number;
  #ended = false;
  #alive = true;
  readonly #pump = () => this.pump();

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#cursor = options.after;
  }

  /** Says hello, sends what there is, and follows the VM. @param onClose Called once, at the end. */
  start(onClose: () => void): void {
    const { entry, socket, connection, epoch } = this.#options;
    const { head, oldest } = entry.ring;
    socket.send(writeHello({ type: 'hello', vm: entry.id, epoch, head, oldest }));
    const stopListening = entry.ring.listen(this.#pump);
    connection.on('drain', this.#pump);
    socket.on('message', (data, isBinary) => this.#take(isBinary ? '' : String(data)));
    socket.on('ping', (data) => this.#reply(() => socket.pong(data)));
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('close', () => {
      this.#ended = true;
      stopListening();
      connection.off('drain', this.#pump);
      onClose();
    });
    this.pump();
  }

  /** Sends as much as the reader has room for. */
  pump(): void {
    const { entry, socket, connection } = this.#options;
    const { ring } = entry;
    if (this.#ended || this.#cursor >= ring.head || !this.#hasRoom()) return;
    // One write for many frames.
    connection.cork();
    if (this.#cursor + 1 < ring.oldest) this.#skip(ring.oldest - 1);
    while (this.#cursor < ring.head && this.#hasRoom()) {
      this.#cursor += 1;
      const record = ring.at(this.#cursor);
      if (record !== undefined && this.#wants(record)) socket.send(this.#options.write(record));
    }
    connection.uncork();
  }

  /** Sends what fits, says why it ends, and closes. */
  end(reason: EndReason): void {
    if (this.#ended) return;
    this.pump();
    const { entry, socket } = this.#options;
    if (this.#cursor < entry.ring.head) this.#skip(entry.ring.head);
    this.#ended = true;
    socket.send(writeEnd({ type: 'end', vm: entry.id, reason }));
    socket.close(reason === 'shutdown' ? GOING_AWAY : NORMAL, reason);
  }

  /** Pings, or gives up a client that did not answer the last ping. */
  beat(): void {
    const { socket } = this.#options;
    if (!this.#alive) {
      socket.terminate();
      return;
    }
    this.#alive = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }

  terminate(): void {
    this.#options.socket.terminate();
  }

  #skip(to: number): void {
    const { entry, socket } = this.#options;
    socket.send(writeGap({ type: 'gap', vm: entry.id, from: this.#cursor + 1, to }));
    this.#cursor = to;
  }

  #wants(record: HistoryRecord): boolean {
    const { filter } = this.#options;
    return filter === null || filter(record);
  }

  #hasRoom(): boolean {
    const { socket, bufferBytesMax } = this.#options;
    return socket.readyState === socket.OPEN && socket.bufferedAmount < bufferBytesMax;
  }

  #take(text: string): void {
    const { socket } = this.#options;
    if (isPing(text)) this.#reply(() => socket.send(PONG));
    else socket.close(POLICY_VIOLATION, 'only {"type":"ping"} may be sent');
  }

  /** Answers only while there is room: who floods us and reads nothing gets nothing. */
  #reply(send: () => void): void {
    if (!this.#ended && this.#hasRoom()) send();
  }
}

function isPing(text: string): boolean {
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type === 'ping';
  } catch {
    return false;
  }
}
