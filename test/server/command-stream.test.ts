import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ask, type Frame, listen, startApp } from './start.js';

const PATH = '/v1/vms/vm-1/commands';
const NDJSON = { 'content-type': 'application/x-ndjson' };
const LOAD = '{"kind":"load-root","vcpu":0,"pgd":"0x100000"}';
const ENTER = '{"kind":"enter","vcpu":0}';

async function startVm(options = {}) {
  const server = await listen(options);
  await ask(server.app, 'POST', '/v1/vms', { vcpus: 1 });
  return server;
}

/** A client that sends lines when it likes and reads lines as they come. */
async function open(port: number, path = PATH) {
  const client = httpRequest({ port, host: '127.0.0.1', path, method: 'POST', headers: NDJSON });
  client.on('error', () => {});
  onTestFinished(() => {
    client.destroy();
  });
  client.flushHeaders();
  const answered = new Promise<IncomingMessage>((resolve) => client.on('response', resolve));
  return { client, answered };
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<Frame> {
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Frame;
  }
  expect(rest).toBe('');
}

/** Sends a whole body at once. */
async function send(body: string, { query = '', limits = {} } = {}) {
  const app = await startApp({ limits });
  await ask(app, 'POST', '/v1/vms');
  const response = await app.inject({
    method: 'POST',
    url: PATH + query,
    headers: NDJSON,
    payload: body,
  });
  const lines = response.body.split('\n').filter((line) => line !== '');
  return { app, response, lines: lines.map((line) => JSON.parse(line) as Frame) };
}

test('a line is answered by a line, as a batch is by its results', async () => {
  const { app, response, lines } = await send(`${LOAD}\n${ENTER}\n`);
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toBe('application/x-ndjson');
  await ask(app, 'POST', '/v1/vms');
  const batch = await ask(app, 'POST', '/v1/vms/vm-2/commands', `[${LOAD},${ENTER}]`, {
    'content-type': 'application/json',
  });
  expect(lines).toEqual(batch.json.results);
});

test('events are added if they are wanted', async () => {
  const { lines } = await send(LOAD, { query: '?events=true' });
  expect(lines.map(({ seq, events }) => [seq, events.length > 0])).toEqual([[1, true]]);
});

test('blank lines are skipped, and the last line needs no end', async () => {
  const { lines } = await send(`\n${LOAD}\r\n\r\n\n${ENTER}`);
  expect(lines.map(({ outcome }) => outcome)).toEqual([{ kind: 'ok' }, { kind: 'ok' }]);
  expect((await send('')).lines).toEqual([]);
});

test.each([
  ['that is no JSON', '{bad', 400, 'malformed-json'],
  ['of an unknown kind', '{"kind":"nope","vcpu":0}', 400, 'invalid-request'],
  ['with an unknown field', '{"kind":"enter","vcpu":0,"x":1}', 400, 'invalid-request'],
  ['with a prototype', '{"kind":"enter","vcpu":0,"__proto__":{}}', 400, 'invalid-request'],
  ['that is no object', '[]', 400, 'invalid-request'],
  ['for an unknown vCPU', '{"kind":"enter","vcpu":9}', 404, 'vcpu-not-found'],
  ['that is refused', '{"kind":"vmexit","vcpu":0}', 409, 'command-refused'],
  ['that is too long', `"${'x'.repeat(65_536)}"`, 413, 'line-too-long'],
] as const)('a line %s ends the stream with a problem', async (_what, line, status, code) => {
  const { app, lines } = await send(`${LOAD}\n${line}\n${LOAD}\n`);
  expect(lines.length).toBe(2);
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  expect(lines[1]).toMatchObject({ status, code, line: 2, seq, instance: PATH });
  expect(lines[1]?.detail).toContain('(line 2)');
});

test('a line that never ends is given up at its bound', async () => {
  const { lines } = await send(`${ENTER}\n${'x'.repeat(200_000)}`);
  expect(lines.map(({ code }) => code)).toEqual([undefined, 'line-too-long']);
});

test('before the first line, a refusal is an ordinary answer', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  const statusOf = async (url: string, headers: object = {}, payload = ENTER) => {
    const answer = await ask(app, 'POST', url, payload, { ...NDJSON, ...headers });
    return [answer.status, answer.json.code];
  };
  expect(await statusOf('/v1/vms/nope/commands')).toEqual([404, 'vm-not-found']);
  expect(await statusOf(`${PATH}?atomic=true`)).toEqual([400, 'invalid-request']);
  expect(await statusOf(`${PATH}?dryRun=true`)).toEqual([400, 'invalid-request']);
  expect(await statusOf(PATH, { 'idempotency-key': 'a' })).toEqual([400, 'invalid-request']);
  expect(await statusOf(PATH, { 'if-match': '"7"' })).toEqual([412, 'precondition-failed']);
  expect(await statusOf(PATH, { 'content-encoding': 'gzip' })).toEqual([
    415,
    'unsupported-media-type',
  ]);
  expect(await statusOf('/v1/vms/vm-1/vcpus/0/enter')).toEqual([415, 'unsupported-media-type']);
  const { json } = await ask(app, 'POST', PATH, 'x', { 'content-type': 'text/plain' });
  expect(json.detail).toBe(
    'Cannot read body: its type is "text/plain", not "application/json" or "application/x-ndjson"',
  );
});

test('a command is answered while the next is not sent yet', async () => {
  const { port } = await startVm();
  const { client, answered } = await open(port);
  client.write(`${LOAD}\n`);
  const lines = linesOf(await answered);
  expect((await lines.next()).value.seq).toBe(1);
  client.write(ENTER.slice(0, 10));
  client.write(`${ENTER.slice(10)}\n`);
  expect((await lines.next()).value.outcome).toEqual({ kind: 'ok' });
  client.end();
  expect((await lines.next()).done).toBe(true);
});

test('a client that does not read is not read from, and loses nothing', async () => {
  const { app, port } = await startVm();
  const { client, answered } = await open(port, `${PATH}?events=true`);
  const block = '{"kind":"mov-cr3","vcpu":0,"value":"0x100000"}\n'.repeat(2000);
  let sent = 0;
  const fill = () => {
    let hasRoom = true;
    while (hasRoom && sent < 400_000) {
      hasRoom = client.write(block);
      sent += 2000;
    }
  };
  client.on('drain', fill);
  fill();
  // All is still once nothing has moved for so many turns of the loop that both ends share.
  const extent = async () => [sent, (await ask(app, 'GET', '/v1/vms/vm-1')).json.seq].join();
  for (let last = '', turns = 0; turns < 200; turns += 1) {
    const now = await extent();
    if (now !== last) turns = 0;
    last = now;
  }
  client.off('drain', fill);
  expect(sent).toBeLessThan(400_000);
  client.end();
  let came = 0;
  for await (const { code } of linesOf(await answered)) came += code === undefined ? 1 : 0;
  expect(came).toBe(sent);
});

test('a stream from which nothing comes is ended, not cut, by its own time', async () => {
  const { app, port } = await startVm({ limits: { requestMs: 300 } });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const tookTooLong = once(app.server, 'clientError');
  const { client, answered } = await open(port);
  client.write(`${ENTER}\n`);
  const lines = linesOf(await answered);
  expect((await lines.next()).value.seq).toBe(1);
  // Node itself, by its own clock, takes the request for too long as a whole.
  expect((await tookTooLong)[0]).toMatchObject({ code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  client.write(`${ENTER}\n`);
  expect((await lines.next()).value.outcome).toEqual({ kind: 'ok' });
  vi.advanceTimersByTime(300);
  expect((await lines.next()).value).toMatchObject({ status: 408, code: 'request-timeout' });
  expect((await lines.next()).done).toBe(true);
});

test('a client that takes no answer for too long is hung up on', async () => {
  const { app, port } = await startVm({ limits: { requestMs: 500 } });
  const { client } = await open(port, `${PATH}?events=true`);
  const block = '{"kind":"mov-cr3","vcpu":0,"value":"0x100000"}\n'.repeat(2000);
  client.on('drain', () => client.write(block));
  client.write(block);
  await new Promise((resolve) => client.on('close', resolve));
  const connections = () =>
    new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)));
  await expect.poll(connections).toBe(0);
});

test('a client that goes on after the last line is hung up on', async () => {
  const { port } = await startVm();
  const { client, answered } = await open(port);
  client.write('{bad\n');
  const lines = linesOf(await answered);
  expect((await lines.next()).value.code).toBe('malformed-json');
  expect((await lines.next()).done).toBe(true);
  const beat = setInterval(() => client.write('x\n'), 50);
  await new Promise((resolve) => client.on('close', resolve));
  clearInterval(beat);
});

test('a deleted VM and a closing server end a stream with a problem', async () => {
  const { app, port } = await startVm();
  const deleted = await open(port);
  deleted.client.write(`${ENTER}\n`);
  const lines = linesOf(await deleted.answered);
  await lines.next();
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  deleted.client.write(`${ENTER}\n`);
  expect((await lines.next()).value).toMatchObject({ status: 404, code: 'vm-not-found' });

  await ask(app, 'POST', '/v1/vms');
  const open2 = await open(port, '/v1/vms/vm-2/commands');
  open2.client.write(`${ENTER}\n`);
  const rest = linesOf(await open2.answered);
  await rest.next();
  const closed = app.close();
  expect((await rest.next()).value).toMatchObject({ status: 503, code: 'not-ready' });
  expect((await rest.next()).done).toBe(true);
  await closed;
});

test('streams of commands are bounded, and a client that vanishes frees its place', async () => {
  const { app, port } = await startVm({ limits: { streams: 1 } });
  const { client, answered } = await open(port);
  client.write(`${ENTER}\n`);
  await answered;
  const again = await ask(app, 'POST', PATH, ENTER, NDJSON);
  expect([again.status, again.json.code]).toEqual([429, 'stream-limit-reached']);
  client.destroy();
  await expect.poll(async () => (await ask(app, 'POST', PATH, ENTER, NDJSON)).status).toBe(200);
});

test('a failure of ours is told as one, and kept to that VM', async () => {
  const app = await startApp({
    model: {
      step: () => {
        throw new Error('assert: no');
      },
    },
  });
  await ask(app, 'POST', '/v1/vms');
  const { json } = await ask(app, 'POST', PATH, ENTER, NDJSON);
  expect(json).toMatchObject({ status: 409, code: 'vm-poisoned', line: 1, seq: 0 });
});
