import { Agent, type IncomingMessage, request } from 'node:http';
import type { Asked } from './asked.js';

/** A stream goes on for as long as its client likes: ours leaves after this long. */
const STREAM_MS = 30;

/** Whoever waits for something to happen is not answered before: ours leaves after this long. */
const WAIT_MS = 150;

/** No answer may take this long, however busy the machine is. */
const ANSWER_MS_MAX = 120_000;

const AGENT = new Agent({ keepAlive: true, maxSockets: 64 });

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Whether the client left before the answer was whole. */
  readonly left: boolean;
}

/** Why there was no answer. */
export interface NoAnswer {
  readonly left: boolean;
  readonly why: string;
}

/** Sends a request on a connection that is kept. Its URL must name no slot any more. */
export function send(port: number, asked: Asked): Promise<Answer | NoAnswer> {
  const { method, url: path, body } = asked;
  // Node says it by itself for some methods only.
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
    // It was left, or broke off: then it is not whole.
    left = true;
  }
  clearTimeout(soon);
  return { status, headers, text: Buffer.concat(chunks).toString(), left };
}
