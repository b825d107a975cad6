import { get } from 'node:http';
import type { Readable } from 'node:stream';
import { WebSocket } from 'ws';
import type { SeenFrame } from './completeness.js';

export const FORMS = ['WebSocket', 'SSE', 'NDJSON'] as const;
export type Form = (typeof FORMS)[number];

const ACCEPT = { SSE: 'text/event-stream', NDJSON: 'application/x-ndjson' } as const;

/** A client of a stream, in any of its forms. */
export interface StreamClient {
  readonly pause: () => void;
  readonly resume: () => void;
  /** Closes the connection without a message. */
  readonly vanish: () => void;
}

export interface StreamListener {
  readonly onFrame: (frame: SeenFrame) => void;
  /** Called once, when the connection is gone. */
  readonly onClose: () => void;
}

/** Opens a stream. */
export function openStream(
  port: number,
  path: string,
  form: Form,
  listener: StreamListener,
): StreamClient {
  if (form === 'WebSocket') return openSocket(port, path, listener);
  let body: Readable | null = null;
  let isPaused = false;
  const request = get(
    { port, host: '127.0.0.1', path, headers: { accept: ACCEPT[form] }, agent: false },
    (response) => {
      body = response;
      const separator = form === 'SSE' ? '\n\n' : '\n';
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split(separator);
        rest = parts.pop() ?? '';
        for (const part of parts) listener.onFrame(JSON.parse(dataOf(part)) as SeenFrame);
      });
      response.on('error', () => {});
      response.on('close', listener.onClose);
      if (isPaused) response.pause();
    },
  );
  request.on('error', () => {
    if (body === null) listener.onClose();
  });
  return {
    pause: () => {
      isPaused = true;
      body?.pause();
    },
    resume: () => {
      isPaused = false;
      body?.resume();
    },
    vanish: () => void request.destroy(),
  };
}

function openSocket(port: number, path: string, listener: StreamListener): StreamClient {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  socket.on('message', (data) => listener.onFrame(JSON.parse(String(data)) as SeenFrame));
  socket.on('error', () => {});
  socket.on('close', listener.onClose);
  const whenOpen = (act: () => void) => {
    if (socket.readyState === socket.CONNECTING) socket.once('open', act);
    else act();
  };
  return {
    pause: () => whenOpen(() => socket.pause()),
    resume: () => whenOpen(() => socket.resume()),
    vanish: () => socket.terminate(),
  };
}

function dataOf(part: string): string {
  return part.startsWith('{') ? part : part.slice(part.indexOf('data: ') + 'data: '.length);
}
