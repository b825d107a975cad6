import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { tokenOf } from '../../src/server/index.js';
import { statusesOf, withPartsInPlace } from '../../stress/fuzz/description.js';
import { openapiText } from './described.js';
import { ask, connect, listen, refusedUpgrade, startApp } from './start.js';

const FULL = 'full-0123456789abcdef';
const READ = 'read-0123456789abcdef';
const TOKENS = [tokenOf('full', FULL), tokenOf('read', READ)];
const EVENTS = '/v1/vms/vm-1/events';
const bearing = (token: string) => ({ authorization: `Bearer ${token}` });

interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly statuses: readonly string[];
  readonly isPublic: boolean;
}

let described: Promise<Operation[]> | null = null;

interface Described {
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
  readonly security?: readonly unknown[];
}

/** Every operation that openapi.yaml has, with a path that names something. */
function operations(): Promise<Operation[]> {
  described ??= readOperations();
  return described;
}

async function readOperations(): Promise<Operation[]> {
  const { paths } = withPartsInPlace(parse(openapiText())) as {
    paths: Record<string, Record<string, Described>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses, security }]) => ({
      method: method.toUpperCase() as Operation['method'],
      url: path.replaceAll(/\{vcpu\}/g, '0').replaceAll(/\{\w+\}/g, 'x-1'),
      statuses: Object.entries(responses).flatMap(([key, response]) =>
        statusesOf(key, response).map(String),
      ),
      isPublic: security?.length === 0,
    })),
  );
}

describe('with tokens', () => {
  test('every operation but the probes wants one', async () => {
    const app = await startApp({ tokens: TOKENS });
    for (const { method, url, statuses, isPublic } of await operations()) {
      const { status, headers, json } = await ask(app, method, url);
      if (isPublic) {
        expect([url, status]).toEqual([expect.stringMatching(/^\/(healthz|readyz)$/), 200]);
        continue;
      }
      expect([url, status, json.code]).toEqual([url, 401, 'token-required']);
      expect(headers['www-authenticate']).toBe('Bearer realm="mmulab"');
      expect(json.detail).toBe(
        `Cannot ${method} "${url}": no token; send "Authorization: Bearer TOKEN", or offer a WebSocket ` +
          'subprotocol "bearer.TOKEN"',
      );
      expect(statuses).toContain('401');
    }
  });

  test('an unknown one is refused, on routes that are not there as well', async () => {
    const app = await startApp({ tokens: TOKENS });
    for (const [url, authorization] of [
      ['/v1/vms', 'Bearer full-0123456789abcdeX'],
      ['/v1/vms', `Bearer ${FULL}0`],
      ['/v1/nope', 'Bearer x'],
      ['/metrics', 'bearer é'],
    ] as const) {
      const { status, headers, json } = await ask(app, 'GET', url, undefined, { authorization });
      expect([status, json.code]).toEqual([401, 'token-refused']);
      expect(headers['www-authenticate']).toBe('Bearer realm="mmulab", error="invalid_token"');
    }
    for (const authorization of ['', `Basic ${FULL}`, 'Bearer', `Bearer ${FULL} ${FULL}`]) {
      const { status, json } = await ask(app, 'GET', '/v1/vms', undefined, { authorization });
      expect([status, json.code]).toEqual([401, 'token-required']);
    }
  });

  test('one for reading reads, and changes nothing', async () => {
    const app = await startApp({ tokens: TOKENS });
    const made = await ask(app, 'POST', '/v1/vms', {}, bearing(FULL));
    expect(made.status).toBe(201);
    expect((await ask(app, 'GET', '/v1/vms/vm-1', undefined, bearing(READ))).status).toBe(200);
    expect((await ask(app, 'GET', '/metrics', undefined, bearing(READ))).status).toBe(200);
    const asks = { expect: [{ kind: 'never', of: { kind: ['vm-exit'] } }] };
    const verified = await ask(app, 'POST', '/v1/vms/vm-1/verify', asks, bearing(READ));
    expect([verified.status, verified.json.holds]).toEqual([200, true]);
    for (const [method, url] of [
      ['POST', '/v1/vms'],
      ['POST', '/v1/vms/vm-1/vcpus/0/enter'],
      ['POST', '/v1/vms/vm-1/commands'],
      ['DELETE', '/v1/vms/vm-1'],
      ['POST', '/v1/nope'],
    ] as const) {
      const { status, headers, json } = await ask(app, method, url, undefined, bearing(READ));
      expect([url, status, json.code]).toEqual([url, 403, 'scope-insufficient']);
      expect(headers['www-authenticate']).toBe('Bearer realm="mmulab", error="insufficient_scope"');
    }
    expect((await ask(app, 'DELETE', '/v1/vms/vm-1', undefined, bearing(FULL))).status).toBe(204);
  });

  test('what says nothing of a VM is for all', async () => {
    const app = await startApp({ tokens: TOKENS });
    for (const url of ['/', '/docs', '/openapi.yaml', '/asyncapi.yaml', '/healthz', '/readyz']) {
      expect([url, (await ask(app, 'GET', url)).status]).toEqual([url, 200]);
    }
    expect((await ask(app, 'GET', '/docs')).headers['content-security-policy']).toMatch(
      /^default-src 'none';script-src 'self';style-src 'self';/,
    );
  });

  test('a stream takes one as a header or as a subprotocol, and tells none back', async () => {
    const { app, port } = await listen({ tokens: TOKENS });
    await ask(app, 'POST', '/v1/vms', {}, bearing(FULL));
    expect((await refusedUpgrade(port, EVENTS)).json.code).toBe('token-required');
    const wrong = { 'sec-websocket-protocol': 'mmulab.v1, bearer.nonsense' };
    expect(await refusedUpgrade(port, EVENTS, wrong)).toMatchObject({
      status: 401,
      json: { code: 'token-refused' },
    });
    const byHeader = connect(port, EVENTS, bearing(READ));
    expect((await byHeader.arrived(1))[0]?.type).toBe('hello');
    expect(byHeader.socket.protocol).toBe('');
    for (const protocols of [`mmulab.v1, bearer.${READ}`, `bearer.${READ},mmulab.v1`]) {
      const client = connect(port, EVENTS, {}, protocols.split(/, ?/));
      expect((await client.arrived(1))[0]?.type).toBe('hello');
      expect(client.socket.protocol).toBe('mmulab.v1');
    }
  });
});

test('a client over its rate is told so, and others are not', async () => {
  // Within one second, however long it takes.
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const app = await startApp({ limits: { clientRequestsPerSecond: 3 } });
  const statusFor = async (url: string, remoteAddress: string) =>
    (await app.inject({ url, remoteAddress })).statusCode;
  const first = '10.0.0.1';
  expect(await statusFor('/v1/vms', first)).toBe(200);
  expect(await statusFor('/v1/nope', first)).toBe(404);
  expect(await statusFor('/healthz', first)).toBe(200);
  expect(await statusFor('/v1/vms', first)).toBe(429);
  expect(await statusFor('/v1/nope', first)).toBe(429);
  expect(await statusFor('/v1/vms', '10.0.0.2')).toBe(200);
  const { statusCode, headers, body } = await app.inject({ url: '/v1/vms', remoteAddress: first });
  expect([statusCode, headers['retry-after']]).toEqual([429, '1']);
  expect(JSON.parse(body)).toMatchObject({
    code: 'rate-limited',
    detail:
      'Cannot take more requests from 10.0.0.1 this second: 3 is the bound; batches take fewer',
  });
});

test('every operation says that it may be refused for rate and load', async () => {
  for (const { url, statuses } of await operations()) {
    expect([url, statuses]).toEqual([url, expect.arrayContaining(['429', '503'])]);
  }
});

test('under pressure only what watches or gives room is answered', async () => {
  const app = await startApp({ limits: { heapBytes: 1 } });
  await ask(app, 'POST', '/v1/vms');
  const status = async (url: string) => (await ask(app, 'GET', url)).status;
  await expect.poll(() => status('/v1/vms')).toBe(503);
  const { headers, json } = await ask(app, 'GET', '/readyz');
  expect(headers['retry-after']).toBe('1');
  expect([json.status, json.code]).toEqual([503, 'overloaded']);
  expect(json.detail).toMatch(
    /^Cannot take requests: \d+ bytes of heap are used, and 1 is the bound$/,
  );
  expect(await status('/healthz')).toBe(200);
  expect(await status('/metrics')).toBe(200);
  expect((await ask(app, 'DELETE', '/v1/vms/vm-1')).status).toBe(204);
});

test('a server that is behind says how far', async () => {
  const app = await startApp({ limits: { eventLoopDelayMs: 1 } });
  const keepBusy = setInterval(() => {
    const end = Date.now() + 60;
    while (Date.now() < end);
  }, 1);
  onTestFinished(() => clearInterval(keepBusy));
  const answer = () => ask(app, 'GET', '/v1/vms');
  await expect.poll(async () => (await answer()).status).toBe(503);
  expect((await answer()).json.detail).toMatch(
    /^Cannot take requests: the server is \d+ ms behind, and 1 ms is the bound$/,
  );
});

describe('pages of other origins', () => {
  const ORIGIN = 'https://good.test';
  const preflight = (origin: string) => ({
    origin,
    host: 'localhost:3000',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
  });

  test('may do nothing unless they are named', async () => {
    const app = await startApp();
    const { status, headers, json } = await ask(
      app,
      'OPTIONS',
      '/v1/vms',
      undefined,
      preflight(ORIGIN),
    );
    expect([status, json.code]).toEqual([403, 'origin-refused']);
    expect(headers['access-control-allow-origin']).toBe(undefined);
  });

  test('may read and change if they are, with a token where one is wanted', async () => {
    const app = await startApp({ origins: [ORIGIN], tokens: TOKENS });
    const asked = await ask(app, 'OPTIONS', '/v1/vms', undefined, preflight(ORIGIN));
    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'GET, HEAD, POST, PATCH, PUT, DELETE',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '7200',
    });
    const headers = { origin: ORIGIN, host: 'localhost:3000' };
    expect((await ask(app, 'POST', '/v1/vms', {}, headers)).status).toBe(401);
    const made = await ask(app, 'POST', '/v1/vms', {}, { ...headers, ...bearing(FULL) });
    expect(made.status).toBe(201);
    expect(made.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-expose-headers':
        'etag, location, retry-after, mmulab-version, x-request-id, idempotency-replayed',
      vary: 'Origin',
    });
    const foreign = await ask(app, 'OPTIONS', '/v1/vms', undefined, preflight('https://evil.test'));
    expect(foreign.status).toBe(403);
  });
});

test('every answer forbids a browser to do anything with it', async () => {
  const app = await startApp();
  for (const url of ['/v1/vms', '/v1/nope', '/metrics', '/healthz']) {
    expect((await ask(app, 'GET', url)).headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
  }
});

test('a request has one name in its problem and in the log', async () => {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const app = await startApp({ logger: pino({ level: 'debug' }, sink) });
  const first = await ask(app, 'GET', '/v1/vms/vm-1');
  const second = await ask(app, 'GET', '/v1/vms/vm-1');
  expect([first.json.requestId, second.json.requestId]).toEqual(['req-1', 'req-2']);
  const named = await ask(app, 'GET', '/v1/vms/vm-1', undefined, { 'x-request-id': 'case-7/a' });
  expect(named.json.requestId).toBe('case-7/a');
  const bad = await ask(app, 'GET', '/v1/vms/vm-1', undefined, { 'x-request-id': 'a "b"' });
  expect(bad.json.requestId).toBe('req-3');
  expect(lines.filter(({ msg }) => msg === 'Request refused')).toEqual(
    ['req-1', 'req-2', 'case-7/a', 'req-3'].map((reqId) =>
      expect.objectContaining({ reqId, method: 'GET', ip: '127.0.0.1', code: 'vm-not-found' }),
    ),
  );
});

test('what is in flight when the server closes is answered, and its connection closed', async () => {
  // Longer than any machine takes: nothing is to be cut off.
  const { app, port } = await listen({ limits: { drainMs: 250_000 } });
  // Whoever left it to the client to hang up would wait for ever.
  app.server.keepAliveTimeout = 0;
  const begun = once(app.server, 'request');
  const socket = connectTcp({ port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write(
    'POST /v1/vms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      'Content-Length: 11\r\n\r\n{"vcpus"',
  );
  await begun;
  const closed = app.close();
  const isDraining = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 503;
  await expect.poll(isDraining).toBe(true);
  expect((await fetch(`http://127.0.0.1:${port}/v1/vms`)).status).toBe(503);
  socket.write(':2}');
  await Promise.all([closed, new Promise((resolve) => socket.once('close', resolve))]);
  expect(text.split('\r\n')[0]).toBe('HTTP/1.1 201 Created');
});

test('a connection on which nothing came does not hold up the end', async () => {
  const { app, port } = await listen();
  const socket = connectTcp({ port, host: '127.0.0.1' });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await expect
    .poll(() => new Promise((resolve) => app.server.getConnections((_, n) => resolve(n))))
    .toBe(1);
  await Promise.all([app.close(), closed]);
});
