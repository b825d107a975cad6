import type { Socket } from 'node:net';
import { connected } from './connected.js';

/** A stream of lines that each connection sends once, while it reads the answers. */
export interface LineLoad {
  readonly port: number;
  readonly request: Buffer;
  readonly connections: number;
  /** Lines of one request. */
  readonly lines: number;
}

const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

/**
 * Sends a stream on each connection. The client only looks at the beginning and the end of each
 * answer, so that the server is measured.
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
