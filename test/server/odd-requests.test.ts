import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { ask, exchange, listen, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp((app) => ask(app, 'POST', '/v1/vms'));

/** A server with one VM, whose log can be read. */
async function listenWithLog() {
  const lines: string[] = [];
  const destination = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  const server = await listen({ logger: pino({ level: 'debug' }, destination) });
  await ask(server.app, 'POST', '/v1/vms');
  return { ...server, lines };
}

test('a client that leaves in the middle of its body is no error of ours', async () => {
  const { app, port, lines } = await listenWithLog();
  const begun = once(app.server, 'request');
  const socket = connectTcp({ port, host: '127.0.0.1' });
  socket.write(
    'POST /v1/vms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      'Content-Length: 100\r\n\r\n{',
  );
  await begun;
  socket.destroy();
  await expect.poll(() => lines.filter((line) => line.includes('malformed-http')).length).toBe(1);
  expect(lines.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});

test('a body nested too deep to be told from others is refused under a key', async () => {
  const app = await startApp();
  const payload = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`;
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' };
  const refused = await ask(app, 'POST', '/v1/vms', payload, headers);
  expect([refused.status, refused.json.code]).toEqual([400, 'invalid-request']);
});

test('a method that wants a type of its body is refused without one', async () => {
  const { port } = await listenWithLog();
  const { json } = await exchange(port, 'QUERY /v1/vms HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const { status, code } = json;
  expect({ status, code }).toEqual({ status: 400, code: 'malformed-http' });
});

test.each([
  ['GET', '/v1/vms/vm-1?dryRun=true', '/dryRun'],
  ['POST', '/v1/vms/vm-1/reset?dryRun=true', '/dryRun'],
  ['DELETE', '/v1/vms/vm-1?name=x', '/name'],
  ['POST', '/v1/vms?vcpus=2', '/vcpus'],
  ['GET', '/v1/model?=1', '/'],
] as const)('%s %s: a query that no route knows is refused', async (method, url, path) => {
  const app = await shared();
  const { status, json } = await ask(app, method, url);
  expect([status, json.errors]).toEqual([400, [{ in: 'query', path, message: 'unknown field' }]]);
});

test('whoever watches over the server may ask with a query', async () => {
  const app = await startApp();
  for (const url of ['/healthz?probe=1', '/readyz?probe=1', '/metrics?target=1']) {
    expect((await ask(app, 'GET', url)).status).toBe(200);
  }
});
