import { delayMsOf } from './backoff.js';
import { askForEvents, getExtent, type RequestFailed } from './client.js';
import { streamProtocols } from './token.js';
import type { Frame, LogFrame } from './wire.js';

/** Milliseconds after which a silent connection is pinged, and then given up. */
const HEARTBEAT_MS = 10_000;

/** State of the connection. `retrying` lasts from a loss to the next `hello`. */
export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'retrying' }
  | { readonly kind: 'ended'; readonly reason: string };

export interface EventListener {
  connection(state: Connection): void;
  /**
   * Frames begin behind `after`. Called at first, and again if the server has another VM by this
   * name: then the earlier frames no longer count.
   */
  begin(after: number): void;
  frame(frame: LogFrame): void;
}

/**
 * Follows the events of one VM, in order and each once, across any number of lost connections.
 *
 * It owns the position: a new connection asks for the frames after the last one delivered, and
 * skipped sequence numbers are delivered as a gap.
 */
export class EventFollower {
  readonly #vm: string;
  readonly #backlog: number;
  readonly #listener: EventListener;
  /** Sequence number of the last frame delivered; null before the beginning is known. */
  #last: number | null = null;
  #epoch: string | null = null;
  #failures = 0;
  #heard = false;
  #socket: WebSocket | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  /** @param backlog Past frames to begin with, at most. */
  constructor(vm: string, backlog: number, listener: EventListener) {
    this.#vm = vm;
    this.#backlog = backlog;
    this.#listener = listener;
    listener.connection({ kind: 'connecting' });
    addEventListener('online', this.#askNow);
    void this.#ask();
  }

  /**
   * Asks by an ordinary request where to begin or whether to go on, and then connects, because a
   * browser does not tell why a WebSocket was refused.
   */
  async #ask(): Promise<void> {
    this.#retry = undefined;
    try {
      const after = this.#last ?? (await this.#begin());
      await askForEvents(this.#vm, after);
      this.#connect(after);
    } catch (error) {
      this.#refused(error as RequestFailed);
    }
  }

  async #begin(): Promise<number> {
    const { head, oldest } = await getExtent(this.#vm);
    const after = Math.max(oldest - 1, head - this.#backlog);
    this.#last = after;
    this.#listener.begin(after);
    return after;
  }

  #refused({ status, message, oldest }: RequestFailed): void {
    if (status === 404 || status === 401) {
      this.#end(message);
    } else if (status === 410 && oldest !== null && oldest - 1 > (this.#last ?? 0)) {
      this.#admitGapBefore(oldest);
      void this.#ask();
    } else if (status === 400 && this.#last !== null) {
      // The server has fewer records than we have seen: it has another VM by this name.
      this.#last = null;
      void this.#ask();
    } else {
      this.#wait();
    }
  }

  #connect(after: number): void {
    const url = new URL(`/v1/vms/${encodeURIComponent(this.#vm)}/events`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('after', String(after));
    const socket = new WebSocket(url, streamProtocols());
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#take(JSON.parse(String(data)) as Frame);
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#wait();
    };
    this.#heard = true;
    this.#heartbeat = setInterval(() => this.#beat(socket), HEARTBEAT_MS);
  }

  #take(frame: Frame): void {
    this.#heard = true;
    switch (frame.type) {
      case 'hello':
        this.#greet(frame.epoch);
        return;
      case 'command':
      case 'event':
      case 'rewound':
        this.#admitGapBefore(frame.seq);
        this.#deliver(frame, frame.seq);
        return;
      case 'gap':
        this.#admitGapBefore(frame.to + 1);
        return;
      case 'end':
        // A server that shuts down may come back.
        if (frame.reason === 'vm-deleted') this.#end('the VM was deleted');
        return;
      case 'pong':
        return;
    }
  }

  #greet(epoch: string): void {
    const another = this.#epoch !== null && this.#epoch !== epoch;
    this.#epoch = epoch;
    if (another) {
      this.#last = null;
      this.#dropSocket();
      void this.#ask();
      return;
    }
    this.#failures = 0;
    this.#listener.connection({ kind: 'live' });
  }

  /** Delivers a gap for frames that the server left out. */
  #admitGapBefore(seq: number): void {
    const from = (this.#last ?? 0) + 1;
    if (from < seq) this.#deliver({ type: 'gap', from, to: seq - 1 }, seq - 1);
  }

  #deliver(frame: LogFrame, last: number): void {
    if (last <= (this.#last ?? 0)) return;
    this.#last = last;
    this.#listener.frame(frame);
  }

  #beat(socket: WebSocket): void {
    if (socket.readyState === WebSocket.OPEN && this.#heard) {
      this.#heard = false;
      socket.send('{"type":"ping"}');
    } else {
      this.#wait();
    }
  }

  #wait(): void {
    this.#dropSocket();
    this.#listener.connection({ kind: 'retrying' });
    const delayMs = delayMsOf(this.#failures, Math.random());
    this.#failures += 1;
    this.#retry = setTimeout(() => void this.#ask(), delayMs);
  }

  /** Tries again at once, because the network is back. */
  readonly #askNow = (): void => {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    void this.#ask();
  };

  #end(reason: string): void {
    removeEventListener('online', this.#askNow);
    this.#dropSocket();
    this.#listener.connection({ kind: 'ended', reason });
  }

  /** Closes the socket and ignores its last frames. */
  #dropSocket(): void {
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
