import type { Socket } from 'node:net';
import { connected } from './connected.js';

/** A request that every connection sends again and again, after each answer. */
export interface Load {
  readonly port: number;
  readonly request: Buffer;
  readonly connections: number;
  /** Number of answers, over all connections. */
  readonly answers: number;
}

/** Bytes of a GET. */
export function getOf(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
}

/** Bytes of a POST. */
export function postOf(path: string, body: string, type = 'application/json'): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${type}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/**
 * Sends requests over kept-alive connections. The client only looks for the end of each answer, so
 * that the server is measured.
 *
 * @returns Answers a second.
 * @throws {Error} If an answer is neither 200 nor 201.
 */
export async function answersPerSecond(load: Load): Promise<number> {
  const sockets = await Promise.all(
    Array.from({ length: load.connections }, () => connected(load.port)),
  );
  try {
    const start = process.hrtime.bigint();
    await exchange(sockets, load);
    return load.answers / (Number(process.hrtime.bigint() - start) / 1e9);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function exchange(sockets: readonly Socket[], { request, answers }: Load): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    const send = (socket: Socket) => {
      if (sent === answers) return;
      sent += 1;
      socket.write(request);
    };
    for (const socket of sockets) {
      onAnswer(socket, (refusal) => {
        if (refusal !== null) reject(new Error(`Cannot measure: ${refusal}`));
        answered += 1;
        if (answered === answers) resolve();
        else send(socket);
      });
      socket.once('error', reject);
      send(socket);
    }
  });
}

/** Writers that each send a request of their own again and again. */
export interface Writers {
  readonly port: number;
  /** Request of each writer. */
  readonly requests: readonly Buffer[];
  /** Number of answers that each waits for. */
  readonly each: number;
}

/** Times of all answers, in milliseconds. @throws {Error} If an answer is neither 200 nor 201. */
export async function latenciesOf({ port, requests, each }: Writers): Promise<number[]> {
  const sockets = await Promise.all(requests.map(() => connected(port)));
  const times: number[] = [];
  try {
    const written = sockets.map((socket, index) =>
      oneAfterOther(socket, { request: requests[index] as Buffer, each, times }),
    );
    await Promise.all(written);
    return times;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function oneAfterOther(
  socket: Socket,
  { request, each, times }: { request: Buffer; each: number; times: number[] },
): Promise<void> {
  return new Promise((resolve, reject) => {
    let begun = 0;
    let left = each;
    const send = () => {
      begun = performance.now();
      socket.write(request);
    };
    onAnswer(socket, (refusal) => {
      if (refusal !== null) return reject(new Error(`Cannot measure: ${refusal}`));
      times.push(performance.now() - begun);
      left -= 1;
      if (left === 0) resolve();
      else send();
    });
    socket.once('error', reject);
    send();
  });
}

/** @param answered Called after each answer, with its head if it is neither 200 nor 201. */
function onAnswer(socket: Socket, answered: (refusal: string | null) => void): void {
  let missing = 0;
  let head = '';
  socket.on('data', (chunk: Buffer) => {
    if (missing > 0) {
      missing -= chunk.length;
    } else {
      const end = chunk.indexOf('\r\n\r\n');
      head += chunk.toString('latin1', 0, end === -1 ? chunk.length : end);
      if (end === -1) return;
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      missing = length - (chunk.length - end - 4);
      if (!/^HTTP\/1\.1 20[01] /.test(head)) answered(head);
      head = '';
    }
    if (missing === 0) answered(null);
  });
}
