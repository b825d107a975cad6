import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { ask, exchange, type Frame, listen, startApp } from './start.js';

const TRACES = new URL('../../conformance/kvm-traces/', import.meta.url).pathname;
const UNSYNC = readFileSync(`${TRACES}linux-6.1/vmx_shadow/p5_unsync.plain.txt.gz`);
const GUESSED = readFileSync(`${TRACES}linux-6.1/svm_shadow/a2_unsync.plain.txt.gz`);
const DAT = readFileSync(`${TRACES}dat/k61-tc316-a2.v7zlib.dat`);
const BYTES = { 'content-type': 'application/octet-stream' };

function score(
  app: FastifyInstance,
  trace: Buffer<ArrayBufferLike>,
  query = 'policy=mainline',
  headers = BYTES,
) {
  return ask(app, 'POST', `/v1/traces?${query}`, trace, headers);
}

async function ended(app: FastifyInstance, id: string): Promise<Frame> {
  return (await ask(app, 'GET', `/v1/jobs/${id}`, undefined, { prefer: 'wait=60' })).json;
}

/** The verdict on a trace, without its name. */
async function verdictOn(trace: Buffer, headers = BYTES): Promise<Frame> {
  const app = await startApp();
  await score(app, trace, undefined, headers);
  const { state, problem, result } = await ended(app, 'job-1');
  expect([state, problem]).toEqual(['done', null]);
  return result;
}

describe('a trace is a job', () => {
  test('with the verdict as its result, and bytes as its progress', async () => {
    const app = await startApp();
    const plain = gunzipSync(UNSYNC);
    const begun = await score(app, UNSYNC, 'policy=mainline,cached-roots&name=p5');
    expect([begun.status, begun.headers.location]).toEqual([202, '/v1/jobs/job-1']);
    expect(begun.json).toMatchObject({
      kind: 'trace',
      progress: { done: 0, total: plain.length },
      result: null,
    });
    const { progress, result } = await ended(app, 'job-1');
    expect(progress).toEqual({ done: plain.length, total: plain.length, leftMs: null });
    const { trace, lines, lacks, vms } = result;
    expect([trace, lines, lacks, vms.length]).toEqual(['p5', 1335, [], 1]);
    const [{ switches, confidence, agreement, roots, policies }] = vms;
    expect([switches, confidence]).toEqual([27, { seen: 60, inferred: 65, guessed: 0 }]);
    expect(agreement).toMatchObject({
      loads: { windows: 18, agree: 18 },
      synced: { windows: 8, agree: 8 },
      unsynced: { windows: 9, agree: 9 },
      disagreements: [],
    });
    expect(roots[0].hitRatios.slice(0, 4)).toEqual([1 / 27, 13 / 27, 17 / 27, 17 / 27]);
    expect(policies.least.lanes.map(({ name }: Frame) => name)).toEqual([
      'mainline',
      'cached-roots',
    ]);
  });

  test('the same whether it is packed, by what, and as whatever it is sent', async () => {
    const plain = await verdictOn(gunzipSync(UNSYNC), { 'content-type': 'text/plain' });
    expect(await verdictOn(UNSYNC)).toEqual(plain);
    expect(await verdictOn(zstdStored(gunzipSync(UNSYNC)))).toEqual(plain);
    const json = JSON.stringify(gunzipSync(UNSYNC).toString('latin1'));
    expect(await verdictOn(Buffer.from(json), { 'content-type': 'application/json' })).toEqual(
      plain,
    );
  });

  test('binary as well', async () => {
    const { release, vms } = await verdictOn(DAT);
    expect([release, vms[0].commandCount, vms[0].agreement.loads.agree]).toEqual([
      '6.1.0-57-cloud-amd64',
      63,
      2,
    ]);
  });

  test('a packed one that breaks off gives what it had, and says so', async () => {
    const { notUnderstood, lines } = await verdictOn(UNSYNC.subarray(0, UNSYNC.length / 2));
    expect(notUnderstood.map(({ what }: Frame) => what)).toContain(
      'end of a packed file that is broken',
    );
    expect(lines).toBeGreaterThan(100);
    const zstd = zstdStored(gunzipSync(UNSYNC));
    const half = await verdictOn(zstd.subarray(0, zstd.length - 7));
    expect(half.notUnderstood.map(({ what }: Frame) => what)).toContain(
      'end of a packed file that is broken',
    );
  });

  test('a zstd frame that asks for too much memory is not unpacked', async () => {
    const bomb = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, ...Array(32).fill(0)]);
    const { notUnderstood } = await verdictOn(bomb);
    expect(notUnderstood[0].example).toContain('its window is over 128 MiB');
  });

  test('what is no trace is a verdict in words', async () => {
    const { vms, lacks } = await verdictOn(Buffer.from('what is this\n'));
    expect(vms).toEqual([]);
    expect(lacks[0]).toContain('No event was found');
  });

  test('a trace.dat that is broken in its head fails with a sentence', async () => {
    const app = await startApp();
    await score(app, DAT.subarray(0, 300), 'name=half');
    const { state, problem } = await ended(app, 'job-1');
    expect([state, problem.code]).toEqual(['failed', 'invalid-request']);
    expect(problem.detail).toMatch(/^Cannot read trace "half": it breaks off/);
  });
});

describe('bounds', () => {
  test('a trace that is too long, packed or unpacked, is refused by the name of the bound', async () => {
    const app = await startApp({ limits: { traceBytes: 20_000 } });
    const long = await score(app, gunzipSync(UNSYNC));
    expect([long.status, long.json.code]).toEqual([413, 'body-too-large']);
    expect(long.json.detail).toContain('traceBytes');
    const bomb = await score(app, UNSYNC);
    expect([bomb.status, bomb.json.code]).toEqual([413, 'body-too-large']);
  });

  test('all traces together are bounded, and room goes back at the end of each', async () => {
    const bytes = gunzipSync(UNSYNC).length;
    const app = await startApp({ limits: { traceStoreBytes: bytes + 10, jobsRunning: 0 } });
    await score(app, UNSYNC);
    const refused = await score(app, UNSYNC);
    expect([refused.status, refused.json.code]).toEqual([429, 'trace-limit-reached']);
    await ask(app, 'DELETE', '/v1/jobs/job-1');
    expect((await score(app, UNSYNC)).status).toBe(202);
  });

  test('a trace that was scored takes no more room on disk', async () => {
    const app = await startApp({ limits: { traceStoreBytes: gunzipSync(UNSYNC).length } });
    for (const id of ['job-1', 'job-2']) {
      expect((await score(app, UNSYNC)).status).toBe(202);
      expect((await ended(app, id)).state).toBe('done');
    }
  });

  test('no place among the jobs: refused before the trace is read', async () => {
    const app = await startApp({ limits: { jobs: 1, jobsRunning: 0 } });
    await score(app, UNSYNC);
    const refused = await score(app, UNSYNC);
    expect([refused.status, refused.json.code]).toEqual([429, 'job-limit-reached']);
  });

  test('results that are too big together are forgotten, the oldest first', async () => {
    // 125 commands are 8 pages.
    const app = await startApp({ limits: { jobResultPages: 16 } });
    for (const id of ['job-1', 'job-2', 'job-3']) {
      await score(app, UNSYNC);
      await ended(app, id);
    }
    const { jobs } = (await ask(app, 'GET', '/v1/jobs')).json;
    expect(jobs.map(({ id }: Frame) => id)).toEqual(['job-2', 'job-3']);
  });

  test.each([
    ['prices=nobodys', 404, 'price-list-not-found'],
    ['policy=nobodys', 400, 'invalid-request'],
    ['prevRoots=99', 400, 'invalid-request'],
  ])('%s is refused', async (query, status, code) => {
    const app = await startApp();
    const refused = await score(app, UNSYNC, query);
    expect([refused.status, refused.json.code]).toEqual([status, code]);
  });

  test('a type that is no trace, or a coding that its bytes do not tell, is refused', async () => {
    const app = await startApp();
    for (const headers of [
      { 'content-type': 'image/png' },
      { 'content-type': 'text/plain', 'content-encoding': 'br' },
    ]) {
      const refused = await score(app, UNSYNC, undefined, headers);
      expect([refused.status, refused.json.code]).toEqual([415, 'unsupported-media-type']);
    }
  });
});

describe('over a connection', () => {
  /** Sends an upload as curl does. @returns Status, and whether the server asked for the body. */
  async function upload(port: number, body: Buffer, headers: Record<string, string>) {
    let isAsked = false;
    const sent = request({
      ...{ port, host: '127.0.0.1', method: 'POST', path: '/v1/traces?policy=mainline' },
      headers: { expect: '100-continue', ...headers },
    });
    const answered = new Promise<{ status: number; json: Frame }>((resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) });
      });
    });
    sent.on('continue', () => {
      isAsked = true;
      sent.end(body);
    });
    sent.flushHeaders();
    const answer = await answered;
    sent.destroy();
    return { ...answer, isAsked };
  }

  test('a body without a type or a length, as `curl -T` sends it', async () => {
    const { port } = await listen();
    const { status, json, isAsked } = await upload(port, UNSYNC, {});
    expect([status, json.kind, isAsked]).toEqual([202, 'trace', true]);
  });

  test('a length over the bound is refused before the body is asked for', async () => {
    const { port } = await listen({ limits: { traceBytes: 1000 } });
    const long = await upload(port, UNSYNC, { 'content-length': '2000', ...BYTES });
    expect([long.status, long.json.code, long.isAsked]).toEqual([413, 'body-too-large', false]);
  });

  test('a JSON body over its bound is not asked for either', async () => {
    const { port } = await listen({ limits: { bodyBytes: 100 } });
    const { status, json } = await exchange(
      port,
      'POST /v1/vms HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n' +
        'Content-Type: application/json\r\nContent-Length: 200\r\n\r\n',
    );
    expect([status, json.code]).toEqual([413, 'body-too-large']);
  });

  test('a body that grows over the bound is refused while it comes', async () => {
    const { port } = await listen({ limits: { traceBytes: 1000 } });
    const { status, json } = await upload(port, Buffer.alloc(100_000, 0x61), BYTES);
    expect([status, json.code]).toEqual([413, 'body-too-large']);
  });

  const HEAD = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n';

  test('a client that sends nothing more is told so', async () => {
    const { port } = await listen({ limits: { requestMs: 200 } });
    const { status, json } = await exchange(port, `${HEAD}\r\nabc`);
    expect([status, json.code]).toEqual([408, 'request-timeout']);
  });

  test('a client that leaves takes no place among the jobs', async () => {
    const { app, port } = await listen({ limits: { jobs: 1, jobsRunning: 0 } });
    const leaving = connectTcp({ port, host: '127.0.0.1' });
    leaving.write(`${HEAD}Expect: 100-continue\r\n\r\n`);
    await new Promise((resolve) => leaving.once('data', resolve));
    expect((await score(app, UNSYNC)).status).toBe(429);
    leaving.destroy();
    await expect.poll(async () => (await score(app, UNSYNC)).status).toBe(202);
  });
});

describe('reports', () => {
  test.each([
    ['text', 'text/plain; charset=utf-8', /^Trace p5: 1335 lines/],
    ['html', 'text/html; charset=utf-8', /^<!doctype html>[\s\S]*<svg /],
    ['json', 'application/json; charset=utf-8', /"commands":\[\{"at":/],
    ['perfetto', 'application/json; charset=utf-8', /"traceEvents":\[\{"ph":"M"/],
    ['itf', 'application/json; charset=utf-8', /"states":\[\{"#meta"/],
    ['csv', 'text/csv; charset=utf-8', /^vm,at,vcpu,confidence,command,operands\r\n0,/],
  ])('as %s', async (as, type, content) => {
    const app = await startApp();
    await score(app, UNSYNC, 'policy=mainline&name=p5');
    await ended(app, 'job-1');
    const report = await app.inject(`/v1/traces/job-1/report?as=${as}`);
    expect([report.statusCode, report.headers['content-type']]).toEqual([200, type]);
    expect(report.body).toMatch(content);
    if (type.startsWith('application/json')) JSON.parse(report.body);
  });

  test('a page of HTML may have its own style and nothing else', async () => {
    const app = await startApp();
    await score(app, UNSYNC, 'policy=mainline&name=../<b>"p5');
    await ended(app, 'job-1');
    const { headers } = await app.inject('/v1/traces/job-1/report?as=html');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';style-src 'unsafe-inline';frame-ancestors 'none'",
    );
    expect(headers['content-disposition']).toBe('inline; filename=".._b_p5.html"');
  });

  test('there is none before the end, nor of another job', async () => {
    const app = await startApp({ limits: { jobsRunning: 0 } });
    await score(app, UNSYNC);
    const early = await ask(app, 'GET', '/v1/traces/job-1/report');
    expect([early.status, early.json.code]).toEqual([404, 'trace-not-found']);
    const sweep = { workloads: ['kpti'], policies: ['mainline'], commands: 10, seeds: [1] };
    await ask(app, 'POST', '/v1/sweeps', sweep);
    const other = await ask(app, 'GET', '/v1/traces/job-2/report');
    expect(other.json.detail).toBe('Cannot read the trace of "job-2": it is a sweep');
  });
});

describe('a VM of a trace', () => {
  async function traced(trace: Buffer, body: object = {}) {
    const app = await startApp();
    await score(app, trace, 'policy=mainline&name=p5');
    await ended(app, 'job-1');
    const made = await ask(app, 'POST', '/v1/traces/job-1/vms', body);
    return { app, made };
  }

  test('has the commands as its history, and tells how much is known of each', async () => {
    const { app, made } = await traced(UNSYNC, { name: 'p5' });
    expect([made.status, made.headers.location]).toEqual([201, '/v1/vms/vm-1']);
    const { id, seq, commands, refused } = made.json;
    expect([id, commands, refused]).toEqual(['vm-1', 125, 0]);
    const vm = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
    expect([vm.seq, vm.name, vm.trace]).toEqual([seq, 'p5', { job: 'job-1', name: 'p5', vm: 0 }]);
    const page = (await ask(app, 'GET', '/v1/vms/vm-1/trace')).json;
    const counts = { seen: 0, inferred: 0, guessed: 0 };
    for (const { confidence } of page.commands as { confidence: keyof typeof counts }[]) {
      counts[confidence] += 1;
    }
    expect(counts).toEqual({ seen: 60, inferred: 65, guessed: 0 });
    const history = (await ask(app, 'GET', '/v1/vms/vm-1/events?after=0&kind=command')).json;
    expect(page.commands.map((one: Frame) => one.seq)).toEqual(
      history.events.map((frame: Frame) => frame.seq),
    );
    // The clock of the trace, in order.
    const times = page.commands.map(({ at }: Frame) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const past = await ask(app, 'GET', `/v1/vms/vm-1/vcpus/0?at=${page.commands[60].seq}`);
    expect(past.status).toBe(200);
  });

  test('is listed page by page', async () => {
    const { app } = await traced(UNSYNC);
    const seqs: number[] = [];
    let after = 0;
    for (;;) {
      const { json } = await ask(app, 'GET', `/v1/vms/vm-1/trace?limit=50&after=${after}`);
      seqs.push(...json.commands.map(({ seq }: Frame) => seq));
      if (json.next === null) break;
      after = json.next;
    }
    expect(seqs).toHaveLength(125);
    expect(new Set(seqs).size).toBe(125);
  });

  test('what is guessed is told to be', async () => {
    const { app } = await traced(GUESSED);
    const { commands } = (await ask(app, 'GET', '/v1/vms/vm-1/trace')).json;
    expect(commands.some(({ confidence }: Frame) => confidence === 'guessed')).toBe(true);
  });

  test('under another policy', async () => {
    const { app, made } = await traced(UNSYNC, { policy: 'cached-roots', prevRoots: 5 });
    expect(made.status).toBe(201);
    const { policy, prevRoots } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
    expect([policy, prevRoots]).toEqual(['cached-roots', 5]);
  });

  test('there is none of a VM that the trace does not have, nor of a VM without a trace', async () => {
    const { app, made } = await traced(UNSYNC, { vm: 1 });
    expect([made.status, made.json.detail]).toEqual([
      400,
      'Cannot create VM 1 of trace "p5": it has 1, from 0',
    ]);
    await ask(app, 'POST', '/v1/vms', {});
    const none = await ask(app, 'GET', '/v1/vms/vm-1/trace');
    expect([none.status, none.json.code]).toEqual([404, 'trace-not-found']);
  });
});

/** A zstd frame of blocks that are stored as they are. */
function zstdStored(content: Buffer): Buffer<ArrayBuffer> {
  const parts: Uint8Array[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38])];
  for (let at = 0; at < content.length; at += 65_536) {
    const block = content.subarray(at, at + 65_536);
    const isLast = at + 65_536 >= content.length;
    const head = Buffer.alloc(3);
    head.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    parts.push(head, block);
  }
  return Buffer.concat(parts);
}
