import { connect } from 'node:net';
import type { Chance } from '../../src/lab/workloads/chance.js';

const HOST = 'Host: localhost\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const NDJSON_TYPE = 'Content-Type: application/x-ndjson\r\n';

/** Requests that a client begins before it vanishes. */
const BEGUN: readonly ((vm: string) => string)[] = [
  (vm) => `POST /v1/vms/${vm}/comm`,
  (vm) => `${commandsOf(vm)}${JSON_TYPE}Content-Length: 100\r\n\r\n[{"kind"`,
  (vm) =>
    `${commandsOf(vm)}${NDJSON_TYPE}Transfer-Encoding: chunked\r\n\r\n` +
    `1a\r\n{"kind":"enter","vcpu":0}\n\r\n10\r\n{"kind`,
  (vm) => `GET /v1/vms/${vm}/events?after=0&limit=10000 HTTP/1.1\r\n${HOST}\r\n`,
  (vm) => `GET /v1/vms/${vm}/events?after=0 HTTP/1.1\r\n${HOST}Accept: text/event-stream\r\n\r\n`,
  () => `GET /v1/events HTTP/1.1\r\n${HOST}Accept: application/x-ndjson\r\n\r\n`,
  (vm) => `GET /v1/vms/${vm}/wait?timeoutMs=60000&kind=vm-fail HTTP/1.1\r\n${HOST}\r\n`,
  (vm) => `GET /v1/vms/${vm}/case HTTP/1.1\r\n${HOST}\r\n`,
  (vm) =>
    `GET /v1/vms/${vm}/events HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
];

/** Begins a request about a VM and vanishes in the middle of it. */
export function beginAndVanish(port: number, vm: string, chance: Chance): Promise<void> {
  const text = (BEGUN[chance.below(BEGUN.length)] as (vm: string) => string)(vm);
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.on('connect', () => {
      socket.write(text);
      // Half of the clients read the answer.
      if (chance.below(2) === 0) socket.resume();
      setTimeout(() => socket.resetAndDestroy(), chance.below(200));
    });
    socket.on('close', () => resolve());
  });
}

function commandsOf(vm: string): string {
  return `POST /v1/vms/${vm}/commands HTTP/1.1\r\n${HOST}`;
}
