import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that a test can cut. */
export interface Forwarder {
  /** Host and port. */
  readonly address: string;
  /** Whether what the server says is lost on its way. */
  swallow(isLost: boolean): void;
  /** Cuts the connections of this moment. */
  cut(): void;
  close(): Promise<void>;
}

/** @param to Host and port of the server. */
export async function startForwarder(to: string): Promise<Forwarder> {
  const [host = '', port = ''] = to.split(':');
  const sockets = new Set<Socket>();
  let isLost = false;
  const listener = createServer((client) => {
    const server = connect(Number(port), host);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    server.on('data', (bytes) => {
      if (!isLost) client.write(bytes);
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    swallow: (now) => {
      isLost = now;
    },
    cut,
    async close() {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** A server that says what it is, as a nats-server does, and answers pings. */
export async function startSpeaker(info: object): Promise<Pick<Forwarder, 'address' | 'close'>> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const told = { server_id: 'S', proto: 1, headers: true, max_payload: 1_048_576, ...info };
    socket.write(`INFO ${JSON.stringify(told)}\r\n`);
    socket.on('data', (bytes) => {
      if (String(bytes).includes('PING')) socket.write('PONG\r\n');
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    address: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
