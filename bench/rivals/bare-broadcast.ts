import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/**
 * Sends the lines of a file to all its clients with `ws` alone, frame by frame, when it is asked to
 * by a POST.
 *
 *     bare-broadcast FILE
 */
const frames = readFileSync(process.argv[2] as string, 'utf8').split('\n');
const server = createServer((_request, response) => {
  for (const frame of frames) {
    for (const client of sockets.clients) client.send(frame);
  }
  response.end('{}');
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
