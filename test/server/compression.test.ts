import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { follow } from './follow.js';
import { ask, listen, shareApp, startApp } from './start.js';

const CASE = '/v1/workloads/kpti?commands=2000';

const shared = shareApp((app) => ask(app, 'POST', '/v1/vms'));

test.each([
  ['gzip', 'gzip', gunzipSync],
  ['br', 'br', brotliDecompressSync],
  ['gzip, deflate, br', 'gzip', gunzipSync],
  ['gzip;q=0.5, br', 'br', brotliDecompressSync],
  ['GZIP', 'gzip', gunzipSync],
] as const)('a long answer is compressed for who accepts %s', async (accepted, coding, undo) => {
  const app = await shared();
  for (const url of ['/openapi.yaml', CASE]) {
    const plain = await app.inject({ url });
    const packed = await app.inject({ url, headers: { 'accept-encoding': accepted } });
    expect([packed.headers['content-encoding'], packed.headers.vary]).toEqual([
      coding,
      'accept-encoding',
    ]);
    expect(undo(packed.rawPayload).toString()).toBe(plain.body);
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 4);
    const etag = String(plain.headers.etag);
    expect(packed.headers.etag).toBe(etag.replace(/"$/, `+${coding}"`));
    const headers = { 'accept-encoding': accepted, 'if-none-match': String(packed.headers.etag) };
    expect((await app.inject({ url, headers })).statusCode).toBe(304);
  }
});

test.each([
  [undefined, CASE],
  ['identity', CASE],
  ['gzip;q=0', CASE],
  ['gzip', '/v1/vms'],
  ['gzip', '/v1/vms/vm-1'],
])('it is not for who accepts %s of %s', async (accepted, url) => {
  const app = await shared();
  const headers = accepted === undefined ? {} : { 'accept-encoding': accepted };
  const { statusCode, headers: told } = await app.inject({ url, headers });
  expect([statusCode, told['content-encoding']]).toEqual([200, undefined]);
});

test('an answer that is given again is compressed again', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  const request = {
    method: 'POST',
    url: '/v1/vms/vm-1/commands?events=true',
    payload: Array.from({ length: 200 }, () => ({ kind: 'enter', vcpu: 0 })),
    headers: { 'accept-encoding': 'gzip', 'idempotency-key': 'k' },
  } as const;
  const [first, again] = [await app.inject(request), await app.inject(request)];
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(again.rawPayload)).toEqual(gunzipSync(first.rawPayload));
});

test.each(['text/event-stream', 'application/x-ndjson'])(
  'a stream of %s is not held back by a coding',
  async (accept) => {
    const { app, port } = await listen();
    await ask(app, 'POST', '/v1/vms');
    const headers = { accept, 'accept-encoding': 'gzip, br' };
    const client = await follow(port, '/v1/vms/vm-1/events', headers);
    expect(client.headers['content-encoding']).toBe(undefined);
    expect((await client.arrived(1))[0]).toMatchObject({ type: 'hello' });
    await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
    expect((await client.arrived(2))[1]).toMatchObject({ type: 'command' });
    client.leave();
  },
);
