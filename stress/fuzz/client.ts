import { Agent, type IncomingMessage, request } from 'node:http';
import type { Asked } from './asked.js';

/** Milliseconds after which the client leaves a stream, which would not end by itself. */
const STREAM_MS = 30;

/** Milliseconds after which the client leaves a wait for a condition. */
const WAIT_MS = 150;

/** Milliseconds that any other answer may take on a busy machine. */
const ANSWER_MS_MAX = 120_000;

const AGENT = new Agent({ keepAlive: true, maxSockets: 64 });

/** Answer to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Whether the client left before the answer was complete. */
  readonly left: boolean;
}

/** Reason for a missing answer. */
export interface NoAnswer {
  readonly left: boolean;
  readonly why: string;
}

/** Sends a request on a kept connection. Slots in its URL must be resolved. */
export function send(port: number, asked: Asked): Promise<Answer | NoAnswer> {
  const { method, url: path, body } = asked;
  // Node sets the header for some methods only.
  const length = body === null ? {} : { 'content-length': Buffer.byteLength(body) };
  const headers = { ...asked.headers, ...length };
  const isWait = /\/wait(?:\?|$)/.test(path);
  return new Promise((resolve) => {
    const begun = request({ port, host: '127.0.0.1', method, path, headers, agent: AGENT });
    const after = isWait ? WAIT_MS : ANSWER_MS_MAX;
    const late = setTimeout(() => {
      resolve({ left: isWait, why: `no answer for ${after} ms` });
      begun.destroy();
    }, after);
    const settle = (answer: Answer | NoAnswer) => {
      clearTimeout(late);
      resolve(answer);
    };
    begun.on('error', (error: NodeJS.ErrnoException) =>
      settle({ left: false, why: error.code ?? error.message }),
    );
    begun.on('response', (response) => void read(response).then(settle));
    begun.end(body ?? undefined);
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const isStream = /ndjson|event-stream/.test(String(headers['content-type']));
  let left = false;
  const leave = () => {
    left = true;
    response.destroy();
  };
  const soon = isStream ? setTimeout(leave, STREAM_MS) : undefined;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch {
    // The client left, or the answer was cut off: it is not complete.
    left = true;
  }
  clearTimeout(soon);
  return { status, headers, text: Buffer.concat(chunks).toString(), left };
}
