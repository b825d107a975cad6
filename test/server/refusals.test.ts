import { expect, test } from 'vitest';
import { ask, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp(undefined, { limits: { bodyBytes: 500 } });

const JSON_TYPE = { 'content-type': 'application/json' };

test.each([
  ['GET', '/v1/nope', 404, 'route-not-found', 'Cannot GET "/v1/nope": no such route'],
  ['PUT', '/v1/vms', 405, 'method-not-allowed', 'Cannot PUT "/v1/vms": the path has other methods'],
  ['GET', '/v1/vms/%zz', 400, 'malformed-http', expect.stringContaining('Cannot read request: ')],
  [
    'GET',
    `/v1/vms/${'x'.repeat(101)}`,
    404,
    'route-not-found',
    expect.stringContaining('max param'),
  ],
  ['GET', `/v1/vms/${'x'.repeat(99)}`, 400, 'invalid-request', expect.stringContaining('/vm')],
] as const)('%s %s is refused', async (method, url, status, code, detail) => {
  const app = await shared();
  const answer = await ask(app, method, url);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect([answer.status, answer.json.code, answer.json.detail]).toEqual([status, code, detail]);
  expect(answer.json.status).toBe(status);
});

test('405 says what is allowed', async () => {
  const app = await startApp();
  expect((await ask(app, 'PUT', '/v1/vms')).headers.allow).toBe('POST, GET, HEAD, DELETE');
  expect((await ask(app, 'GET', '/v1/vms/vm-1/vcpus/0/invept')).headers.allow).toBe('POST');
});

test.each([
  ['{bad', JSON_TYPE, 400, 'malformed-json'],
  ['{"__proto__":bad}', JSON_TYPE, 400, 'malformed-json'],
  ['{"__proto__":{"vcpus":1}}', JSON_TYPE, 400, 'invalid-request'],
  ['{"constructor":{"prototype":1}}', JSON_TYPE, 400, 'invalid-request'],
  ['{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 415, 'unsupported-media-type'],
  ['a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported-media-type'],
  ['{}', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
  [`"${'x'.repeat(1000)}"`, JSON_TYPE, 413, 'body-too-large'],
] as const)('the body %j is refused', async (payload, headers, status, code) => {
  const app = await shared();
  const answer = await ask(app, 'POST', '/v1/vms', payload, headers);
  expect([answer.status, answer.json.code]).toEqual([status, code]);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  if (status === 413) {
    expect(answer.json.detail).toBe('Cannot read body: it is over the bound of 500 bytes');
  }
});

test('a key that could reach a prototype is named', async () => {
  const app = await startApp();
  const { json } = await ask(app, 'POST', '/v1/vms', '{"__proto__":1}', JSON_TYPE);
  const message = 'forbidden key "__proto__", or "constructor" with "prototype"';
  expect(json.detail).toBe(`Cannot take body: ${message}`);
  expect(json.errors).toEqual([{ in: 'body', path: '', message }]);
});

test('an encoding that says nothing is taken', async () => {
  const app = await startApp();
  const headers = { ...JSON_TYPE, 'content-encoding': 'Identity' };
  expect((await ask(app, 'POST', '/v1/vms', '{}', headers)).status).toBe(201);
});

test('a name that is not ours is refused: it may be rebound DNS', async () => {
  const app = await startApp({ hosts: ['lab.test'] });
  const statusFor = async (host: string) =>
    (await ask(app, 'GET', '/healthz', undefined, { host })).status;
  for (const host of ['localhost:3000', '127.0.0.1', '[::1]:3000', 'LOCALHOST', 'lab.test:80']) {
    expect(await statusFor(host), host).toBe(200);
  }
  for (const host of ['evil.test', 'localhost.evil.test', '127.0.0.1.evil.test:3000']) {
    expect(await statusFor(host), host).toBe(403);
  }
  const open = await startApp({ host: '0.0.0.0' });
  expect((await ask(open, 'GET', '/healthz', undefined, { host: 'any.test' })).status).toBe(200);
});

test('a page of another origin may read nothing and change nothing', async () => {
  const app = await startApp({ origins: ['https://good.test'] });
  const statusFor = async (origin: string) =>
    (await ask(app, 'POST', '/v1/vms', {}, { origin, host: 'localhost:3000' })).status;
  expect(await statusFor('http://evil.test')).toBe(403);
  expect(await statusFor('null')).toBe(403);
  expect(await statusFor('http://localhost:3000')).toBe(201);
  expect(await statusFor('https://good.test')).toBe(201);
  const read = await ask(app, 'GET', '/v1/vms', undefined, { origin: 'http://evil.test' });
  expect(read.headers['access-control-allow-origin']).toBe(undefined);
});

test('an error of ours is not told', async () => {
  const { status, json } = await ask(await failing(), 'GET', '/v1/vms');
  expect([status, json.code, json.detail]).toEqual([
    500,
    'internal',
    'Cannot finish the request: an error of the server, which its log shows',
  ]);
});

async function failing() {
  return startApp({
    describer: async (app) => {
      app.addHook('preHandler', async () => {
        throw new Error('secret');
      });
    },
  });
}
