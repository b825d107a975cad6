import { connect, type Socket } from 'node:net';
import { upgradeOf } from './stream-load.js';

/** A client of a stream that only counts bytes, so that the server is measured. */
export interface Watcher {
  /** Resolves once so many bytes have come since the head of the answer. */
  readonly has: (bytes: number) => Promise<void>;
  /** Reads no more from now on. */
  readonly rest: () => void;
  readonly leave: () => void;
}

/** Opens a stream over a WebSocket, and resolves once it is answered. */
export function watch(port: number, path: string): Promise<Watcher> {
  return new Promise((resolve, reject) => {
    let bytes = -1;
    let wake = () => {};
    const socket: Socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(upgradeOf(path));
    });
    socket.on('error', reject);
    const has = async (expected: number) => {
      while (bytes < expected) {
        if (socket.closed) throw new Error(`Cannot watch ${path}: the stream was closed`);
        await new Promise<void>((next) => {
          wake = next;
        });
      }
    };
    socket.on('close', () => wake());
    socket.on('data', (chunk: Buffer) => {
      if (bytes === -1) bytes = -(chunk.indexOf('\r\n\r\n') + 4);
      bytes += chunk.length;
      wake();
      const [rest, leave] = [() => void socket.pause(), () => void socket.destroy()];
      resolve({ has, rest, leave });
    });
  });
}
