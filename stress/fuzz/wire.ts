import { connect } from 'node:net';
import type { Answer } from './client.js';
import type { Script } from './script.js';

/** Milliseconds of silence after which a conversation is over. */
const SILENCE_MS = 25;

/** Milliseconds within which a server on a busy machine must be silent or close the connection. */
const EXCHANGE_MS_MAX = 60_000;

/** Bytes of one conversation that are kept. */
const BYTES_MAX = 4 * 1024 * 1024;

/** Result of a conversation by hand. */
export interface Conversation {
  /** Complete answers. */
  readonly answers: readonly Omit<Answer, 'left'>[];
  /** Reason why the conversation failed; null if it did not. */
  readonly failure: string | null;
}

/** Runs a script. Slots in its writes must be resolved. */
export function converse(port: number, { writes, then }: Script): Promise<Conversation> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let failure: string | null = null;
    const hangUp = () => socket.destroy();
    const late = setTimeout(() => {
      failure = `the server neither hung up nor fell silent for ${EXCHANGE_MS_MAX} ms`;
      hangUp();
    }, EXCHANGE_MS_MAX);
    let silence: NodeJS.Timeout | undefined;
    const awaitSilence = () => {
      clearTimeout(silence);
      silence = setTimeout(hangUp, SILENCE_MS);
    };
    socket.on('data', (chunk) => {
      awaitSilence();
      bytes += chunk.length;
      if (bytes < BYTES_MAX) chunks.push(chunk);
      else hangUp();
    });
    socket.on('end', hangUp);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') failure = 'the server takes no connections';
    });
    socket.on('close', () => {
      clearTimeout(late);
      clearTimeout(silence);
      resolve({ answers: answersIn(Buffer.concat(chunks).toString('latin1')), failure });
    });
    socket.on('connect', () => {
      socket.setNoDelay(true);
      for (const text of writes) socket.write(text, 'latin1');
      if (then === 'leave') socket.end(hangUp);
      else if (then === 'half') socket.end();
      awaitSilence();
    });
  });
}

/** Splits bytes of a server into answers, up to an incomplete one or an upgrade. */
export function answersIn(text: string): Omit<Answer, 'left'>[] {
  const answers: Omit<Answer, 'left'>[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(rest) ?? [];
    if (end === -1 || status === undefined) break;
    const headers = headersIn(rest.slice(0, end));
    const body = bodyIn(rest.slice(end + 4), Number(status), headers);
    if (body === null) break;
    answers.push({ status: Number(status), headers, text: body.text });
    rest = rest.slice(end + 4 + body.length);
  }
  return answers;
}

function headersIn(head: string): Record<string, string> {
  const fields = head.split('\r\n').slice(1);
  return Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
}

/** @returns Null if the answer is incomplete or has no end. */
function bodyIn(
  rest: string,
  status: number,
  headers: Readonly<Record<string, string>>,
): { text: string; length: number } | null {
  if (status < 200 || status === 204) return status === 101 ? null : { text: '', length: 0 };
  if (headers['transfer-encoding'] !== undefined) return null;
  const length = Number(headers['content-length'] ?? Number.NaN);
  // The answer to HEAD has a length and no body.
  if (rest.startsWith('HTTP/1.1 ')) return { text: '', length: 0 };
  return rest.length >= length ? { text: rest.slice(0, length), length } : null;
}
