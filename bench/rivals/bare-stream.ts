import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/**
 * Sends every client the lines of a file with `ws` alone, frame by frame, as fast as it takes them.
 *
 *     bare-stream FILE
 */
const BUFFER_BYTES_MAX = 1024 * 1024;

const frames = readFileSync(process.argv[2] as string, 'utf8').split('\n');
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket, { socket: connection }) => {
  let next = 0;
  const pump = () => {
    while (next < frames.length && socket.bufferedAmount < BUFFER_BYTES_MAX) {
      socket.send(frames[next] as string);
      next += 1;
    }
  };
  connection.on('drain', pump);
  pump();
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
