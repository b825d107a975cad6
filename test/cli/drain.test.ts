import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { follow, NDJSON, SSE } from '../server/follow.js';
import { addressIn, ask, isBuilt, start, titleOf } from './program.js';

/** A server with its log, line by line. */
async function serve(...args: string[]) {
  const { child, ended } = start('serve', '--port', '0', ...args);
  const lines: { msg: string }[] = [];
  const url = await addressIn(child);
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  const logged = (msg: string) => expect.poll(() => lines.map((line) => line.msg)).toContain(msg);
  const drain = async () => {
    child.kill('SIGTERM');
    await logged('Draining');
  };
  return { child, ended, url, lines, logged, drain };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mmulab-drain-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

async function createVm(url: string): Promise<string> {
  const made = await ask(`${url}/v1/vms`, { method: 'POST' });
  return ((await made.json()) as { id: string }).id;
}

/** A request whose body is sent up to its last byte, so that it is under way. */
async function half(url: string, body: string) {
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
  const sent: ClientRequest = request(url, { method: 'POST', agent: false, headers });
  const answered = new Promise<{ status: number | undefined; json: unknown }>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode, json: JSON.parse(text) });
    });
  });
  // A test may end before anybody looks.
  answered.catch(() => {});
  await new Promise<void>((resolve) => sent.write(body.slice(0, -1), () => resolve()));
  // Answers come in the order in which requests were taken.
  expect((await fetch(`${new URL(url).origin}/healthz`)).status).toBe(200);
  return { answered, finish: () => sent.end(body.slice(-1)) };
}

const BATCH = JSON.stringify(Array.from({ length: 500 }, () => ({ kind: 'enter', vcpu: 0 })));

describe.skipIf(!isBuilt)(titleOf('a server that drains'), () => {
  test('answers what is under way, refuses what is new, and streams go on where they ended', async () => {
    const data = folder();
    const first = await serve('--data', data);
    const vm = await createVm(first.url);
    const { port } = new URL(first.url);
    const path = `/v1/vms/${vm}/events`;
    const socket = new WebSocket(`${first.url.replace('http', 'ws')}${path}`);
    const frames: { type: string; seq: number; epoch?: string }[] = [];
    socket.on('message', (text) => frames.push(JSON.parse(String(text))));
    const closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
    await expect.poll(() => frames.length).toBe(1);
    const lines = await follow(Number(port), path, NDJSON);
    const events = await follow(Number(port), path, SSE);
    const batch = await half(`${first.url}/v1/vms/${vm}/commands`, BATCH);
    const wait = fetch(`${first.url}/v1/vms/${vm}/wait?kind=root-freed&timeoutMs=60000`);
    await ask(`${first.url}/v1/vms/${vm}/vcpus/0/enter`, { method: 'POST' });
    const before = (await (await ask(`${first.url}/v1/vms/${vm}`)).json()) as { seq: number };
    await expect.poll(() => frames.at(-1)?.seq).toBe(before.seq);

    await first.drain();

    const ready = await fetch(`${first.url}/readyz`);
    expect([ready.status, ready.headers.get('retry-after'), await ready.json()]).toMatchObject([
      503,
      '1',
      { code: 'not-ready', detail: expect.stringContaining('the server is draining') },
    ]);
    const made = await fetch(`${first.url}/v1/vms`, { method: 'POST' });
    expect([made.status, made.headers.get('retry-after')]).toEqual([503, '1']);
    await made.arrayBuffer();
    expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
    const waited = await wait;
    expect([waited.status, await waited.json()]).toMatchObject([
      503,
      { detail: 'Cannot wait: the server is draining; wait on another, or again when it is back' },
    ]);
    const end = { type: 'end', vm, seq: before.seq, reason: 'shutdown' };
    expect(await closed).toBe(1001);
    await Promise.all([lines.ended, events.ended]);
    for (const told of [frames, lines.frames, events.frames]) expect(told.at(-1)).toEqual(end);

    batch.finish();
    const { status, json } = await batch.answered;
    expect([status, (json as { results: unknown[] }).results.length]).toEqual([200, 500]);
    const { code, stderr } = await first.ended;
    expect([code, stderr]).toEqual([0, '']);

    const second = await serve('--data', data);
    const after = (await (await ask(`${second.url}/v1/vms/${vm}`)).json()) as { seq: number };
    const resumed = await follow(
      Number(new URL(second.url).port),
      `${path}?after=${end.seq}&epoch=${frames[0]?.epoch}`,
      NDJSON,
    );
    const wanted = after.seq - end.seq;
    expect(wanted).toBeGreaterThanOrEqual(500);
    const [hello, ...rest] = await resumed.arrived(1 + wanted);
    expect(hello).toMatchObject({ type: 'hello', epoch: frames[0]?.epoch });
    const numbers = Array.from({ length: wanted }, (_, index) => end.seq + 1 + index);
    expect(rest.map((frame) => (frame as { seq: number }).seq)).toEqual(numbers);
  });

  test('fails jobs that have not ended, in a sentence that is there after the restart', async () => {
    const data = folder();
    const first = await serve('--data', data);
    const race = {
      source: { kind: 'workload', name: 'kpti', seed: 3, parameters: { commands: 400_000 } },
      policies: ['mainline', 'need-sync', 'cached-roots'],
    };
    const made = await ask(`${first.url}/v1/races`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(race),
    });
    const { id } = (await made.json()) as { id: string };
    const waiting = fetch(`${first.url}/v1/jobs/${id}`, { headers: { prefer: 'wait=60' } });
    expect((await ask(`${first.url}/healthz`)).status).toBe(200);

    await first.drain();

    const detail = `Cannot finish "${id}": the server ended before it was done; start the job again`;
    const failed = { state: 'failed', result: null, problem: { code: 'not-ready', detail } };
    const told = await waiting;
    expect([told.status, await told.json()]).toMatchObject([200, failed]);
    expect((await first.ended).code).toBe(0);
    const second = await serve('--data', data);
    expect(await (await ask(`${second.url}/v1/jobs/${id}`)).json()).toMatchObject(failed);
  });

  test('cuts off what is not answered in time, and ends with 1', async () => {
    const server = await serve('--drain-ms', '50');
    const vm = await createVm(server.url);
    const batch = await half(`${server.url}/v1/vms/${vm}/commands`, BATCH);
    await server.drain();
    await expect(batch.answered).rejects.toThrow('socket hang up');
    expect((await server.ended).code).toBe(1);
    expect(server.lines).toContainEqual(
      expect.objectContaining({ msg: 'Cut off before all was answered', requests: 1 }),
    );
  });

  test('ends at once by a second signal', async () => {
    const server = await serve('--drain-ms', '600000');
    const vm = await createVm(server.url);
    await half(`${server.url}/v1/vms/${vm}/commands`, BATCH);
    await server.drain();
    server.child.kill('SIGTERM');
    await server.ended;
    expect(server.child.signalCode).toBe('SIGTERM');
  });
});
