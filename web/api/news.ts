import { delayMsOf } from './backoff.js';
import type { RequestFailed } from './client.js';
import { streamProtocols } from './token.js';

/** Milliseconds after which a silent connection is pinged, and then given up. */
const HEARTBEAT_MS = 10_000;

/** Of events, the server sends violations alone; of all others, up to where it has looked. */
export const NEWS_ONLY = 'kind=violation';

/** @typeParam F Frames that the stream may send. */
export interface NewsListener<F> {
  /**
   * Asks the server by an ordinary request before each connection, because a browser does not tell
   * why a WebSocket was refused.
   */
  check(): Promise<unknown>;
  /** @returns Whether there is nothing to wait for. */
  isFinal(error: RequestFailed): boolean;
  frame(frame: F): void;
  /** @param sinceMs Milliseconds that there has been no connection. */
  lost(sinceMs: number): void;
}

/**
 * Follows a stream over WebSocket across any number of lost connections.
 *
 * No place in the stream is kept here: the first frame of each connection says how far the server
 * is by then, and the listener reads what it lacks.
 *
 * @param path With a query.
 * @returns A function that ends it.
 */
export function followNews<F>(path: string, listener: NewsListener<F>): () => void {
  let socket: WebSocket | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  let failures = 0;
  let lostAtMs: number | null = null;
  let isOver = false;

  /** Closes the socket and ignores its last frames. */
  const drop = () => {
    clearInterval(heartbeat);
    clearTimeout(retry);
    const dropped = socket;
    socket = null;
    dropped?.close();
  };
  const lose = () => {
    drop();
    if (isOver) return;
    lostAtMs ??= performance.now();
    listener.lost(performance.now() - lostAtMs);
    retry = setTimeout(() => void connect(), delayMsOf(failures, Math.random()));
    failures += 1;
  };
  const end = () => {
    isOver = true;
    drop();
    removeEventListener('online', hurry);
    removeEventListener('offline', lose);
  };
  const open = () => {
    const url = new URL(path, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const opened = new WebSocket(url, streamProtocols());
    let isHeard = true;
    socket = opened;
    opened.onmessage = ({ data }) => {
      if (socket !== opened) return;
      isHeard = true;
      failures = 0;
      lostAtMs = null;
      listener.frame(JSON.parse(String(data)) as F);
    };
    opened.onclose = () => {
      if (socket === opened) lose();
    };
    heartbeat = setInterval(() => {
      if (!isHeard || opened.readyState !== WebSocket.OPEN) lose();
      else opened.send('{"type":"ping"}');
      isHeard = false;
    }, HEARTBEAT_MS);
  };
  let attempt = 0;
  const connect = async () => {
    drop();
    attempt += 1;
    const own = attempt;
    // An attempt that another one has overtaken has no say.
    const isStale = () => isOver || own !== attempt;
    try {
      await listener.check();
      if (!isStale()) open();
    } catch (error) {
      if (isStale()) return;
      if (listener.isFinal(error as RequestFailed)) end();
      else lose();
    }
  };
  /** Tries at once, because the network is back. */
  const hurry = () => {
    if (socket === null) void connect();
  };
  addEventListener('online', hurry);
  addEventListener('offline', lose);
  void connect();
  return end;
}
