import { connect, type Socket } from 'node:net';

/** A stream of lines that every connection sends once, while it reads the answers. */
export interface LineLoad {
  readonly port: number;
  readonly request: Buffer;
  readonly connections: number;
  /** Lines of one request. */
  readonly lines: number;
}

const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

/** A POST of NDJSON, as it goes over the wire. */
export function streamOf(path: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/**
 * Sends a stream on each connection. It reads no more of an answer than how it begins and ends, so
 * that the server, not this client, is what is measured.
 *
 * @returns Lines a second, over all connections.
 * @throws {Error} If an answer is not 200.
 */
export async function linesPerSecond({ port, request, connections, lines }: LineLoad) {
  const sockets = await Promise.all(Array.from({ length: connections }, () => connected(port)));
  try {
    const start = process.hrtime.bigint();
    await Promise.all(sockets.map((socket) => exchange(socket, request)));
    return (lines * connections) / (Number(process.hrtime.bigint() - start) / 1e9);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function exchange(socket: Socket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let begun = false;
    let tail = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      if (!begun && !chunk.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200'))) {
        reject(new Error(`Cannot measure: ${chunk.toString('latin1')}`));
      }
      begun = true;
      const end = chunk.subarray(-LAST_CHUNK.length);
      tail = Buffer.concat([tail, end]).subarray(-LAST_CHUNK.length);
      if (tail.equals(LAST_CHUNK)) resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('Cannot measure: the answer was cut off')));
    socket.write(request);
  });
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}
