import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { COMMANDS } from '../../src/mmu/schema/index.js';
import { ask, exchange, listen, shareApp, startApp } from './start.js';

const VM = '/v1/vms/vm-1';
const JSON_TYPE = { 'content-type': 'application/json' };

/** For requests that leave it as it was. */
const shared = shareApp((app) => ask(app, 'POST', '/v1/vms'));

describe('hex as tools print it', () => {
  test.each([
    ['0xffffffff81000000', '0xFFFFFFFF81000000'],
    ['0x1000', '0X1000'],
    ['0x1000', '0x0000000000001000'],
    ['0x1000', '0x00000000000001000'],
    ['0x0', '0x0000000000000000'],
    // C's `%#018lx` and `%#lx` of zero.
    ['0x0', '000000000000000000'],
    ['0x0', '0'],
    ['0xabcdef', '0xAbCdEf'],
  ])('is answered as %s: %s', async (answered, given) => {
    const app = await startApp();
    await ask(app, 'POST', '/v1/vms');
    const write = { kind: 'host-write', vcpu: 0, gpa: '0x0000000000002000', value: given };
    await ask(app, 'POST', `${VM}/commands`, [write]);
    const { events } = (await ask(app, 'GET', `${VM}/events`)).json;
    expect(events[0].command).toMatchObject({ gpa: '0x2000', value: answered });
    const word = (await ask(app, 'GET', `${VM}/memory?gpa=0X0000000000002000&bytes=8`)).json;
    expect(word.gpa).toBe('0x2000');
  });

  test('counts alike in a body, a query, a path and a check', async () => {
    const app = await startApp();
    await ask(app, 'POST', '/v1/vms', { registers: { cr3: '0x00001000', cr4: '0x000200A0' } });
    const { json } = await ask(app, 'GET', `${VM}/vcpus/0`);
    expect([json.cr3, json.cr4]).toEqual(['0x1000', '0x200a0']);
    const until = { on: 'state', where: [{ path: '/cr4', value: '0x00000000000200A0' }] };
    const waited = (await ask(app, 'POST', `${VM}/wait`, { until, timeoutMs: 0 })).json;
    expect(waited.reason).toBe('met');
    const never = { on: 'state', where: [{ path: '/cr4', op: 'gt', value: '0X00FFFFFF' }] };
    const missed = (await ask(app, 'POST', `${VM}/wait`, { until: never, timeoutMs: 0 })).json;
    expect(missed.nearest.state.checks[0].value).toBe('"0xffffff"');
    const page = await ask(app, 'GET', `${VM}/shadow-pages/0x0000000100000000`);
    expect(page.json.code).toBe('shadow-page-not-found');
    await ask(app, 'POST', '/v1/vms', { paging: 'ept' });
    const vmread = { kind: 'vmread', vcpu: 0, field: '0x0000201A' };
    const read = await ask(app, 'POST', '/v1/vms/vm-2/commands', [vmread]);
    expect(read.status).toBe(200);
    const { events } = (await ask(app, 'GET', '/v1/vms/vm-2/events?kind=command')).json;
    expect(events[0].command.field).toBe('EPT_POINTER');
  });
});

describe('a refusal', () => {
  test('says in words, and never as a pattern, what was expected', async () => {
    const app = await shared();
    const said: string[] = [];
    for (const [kind, { body }] of Object.entries(COMMANDS)) {
      for (const name of Object.keys((body as z.ZodObject).shape ?? {})) {
        for (const wrong of ['?', { a: 1 }, [-1], 1.5, '0x']) {
          const url = `${VM}/vcpus/0/${kind}?dryRun=true`;
          const { status, json } = await ask(app, 'POST', url, { [name]: wrong });
          if (status === 400) for (const { message } of json.errors) said.push(message);
        }
      }
    }
    for (const body of [
      { name: ' x' },
      { tags: { ' ': 'x' } },
      { tags: { x: '' } },
      { registers: { cr3: 'no' } },
      { memory: { words: [{ gpa: '0x1', value: 'x' }] } },
    ]) {
      said.push(...(await ask(app, 'POST', '/v1/vms', body)).json.errors.map(messageOf));
    }
    for (const url of [
      '/v1/vms?tag=x',
      '/v1/vms?cursor=x',
      `${VM}/walk?gva=x`,
      `${VM}/vcpus/0/walk?gva=x`,
      '/v1/jobs/x',
      `${VM}/events?root=x`,
      `${VM}/vcpus/x`,
    ]) {
      const { json } = await ask(app, 'GET', url);
      said.push(...(json.errors ?? []).map(messageOf));
    }
    said.push(
      ...(await ask(app, 'POST', `${VM}/snapshots`, { name: '/' })).json.errors.map(messageOf),
    );
    expect(said.length).toBeGreaterThan(300);
    expect(
      [...new Set(said)].filter((one) => /\/\^|\\|pattern|regex|Invalid input$/.test(one)),
    ).toEqual([]);
  });

  test('names the form of a tag', async () => {
    const app = await shared();
    const { json } = await ask(app, 'POST', '/v1/vms', { tags: { ' ': 'x' } });
    expect(json.errors).toEqual([
      {
        in: 'body',
        path: '/tags/ ',
        message:
          'the key of a tag has 1 to 63 letters, digits and ._/-, and begins with a letter or digit',
      },
    ]);
  });
});

const messageOf = ({ message }: { message: string }) => message;

describe('a key given twice', () => {
  test.each([
    ['POST', '/v1/vms', '{"vcpus":1,"vcpus":2}', '/vcpus'],
    ['POST', '/v1/vms', '{"vcpus":1, "\\u0076cpus"   \n :1}', '/vcpus'],
    ['POST', '/v1/vms', `{"vcpus":1,"vcpus"${' '.repeat(99)}:1}`, '/vcpus'],
    ['POST', '/v1/vms', '{"tags":{"a":"b:c","a":"d"}}', '/tags/a'],
    ['POST', '/v1/vms', '{"tags":{"a/b":"1","x":"\\"a/b\\":","a/b":"2"}}', '/tags/a~1b'],
    [
      'POST',
      `${VM}/commands`,
      '[{"kind":"enter","vcpu":0},{"kind":"enter","vcpu":0,"vcpu":0}]',
      '/1/vcpu',
    ],
    ['POST', `${VM}/vcpus/0/mov-cr3`, '{"value":"0x1000","value":"0x1000"}', '/value'],
    ['PATCH', VM, '{"name":"a","name":null}', '/name'],
  ] as const)('is refused: %s %s %s', async (method, url, payload, path) => {
    const app = await shared();
    const { status, json } = await ask(app, method, url, payload, JSON_TYPE);
    expect([status, json.code, json.errors]).toEqual([
      400,
      'invalid-request',
      [{ in: 'body', path, message: 'given twice; give it once' }],
    ]);
  });

  test('is one in one object only', async () => {
    const app = await startApp();
    const payload = '{"tags":{"a":"{\\"x\\":1,\\"x\\":2}","name":"a:b"},"name":"a"}';
    expect((await ask(app, 'POST', '/v1/vms', payload, JSON_TYPE)).status).toBe(201);
  });

  test('ends a stream of commands, whose other lines are applied', async () => {
    const app = await startApp();
    await ask(app, 'POST', '/v1/vms');
    const lines = '{"kind":"enter","vcpu":0}\n{"kind":"enter","vcpu":0,"kind":"enter"}\n';
    const { body } = await app.inject({
      method: 'POST',
      url: `${VM}/commands`,
      payload: lines,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const [first, second] = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({ seq: 1 });
    expect(second).toMatchObject({ code: 'invalid-request', line: 2, errors: [{ path: '/kind' }] });
  });
});

describe('a request', () => {
  test.each([
    [
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n',
      400,
      'Cannot read request: it has two Host headers',
    ],
    [
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nhOST: evil.example\r\n\r\n',
      400,
      'Cannot read request: it has two Host headers',
    ],
    ['GET /healthz HTTP/1.1\r\n\r\n', 400, 'Cannot read request: it has no Host header'],
    [
      'GET http://evil.example/v1/vms HTTP/1.1\r\nHost: localhost\r\n\r\n',
      400,
      'Cannot read request: its target names host "evil.example", and its Host header "localhost"',
    ],
    [
      'GET HTTPS://a@localhost/v1/vms HTTP/1.1\r\nHost: localhost\r\n\r\n',
      400,
      'Cannot read request: its target names host "a@localhost", and its Host header "localhost"',
    ],
    ['GET http://LOCALHOST/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 200, ''],
  ])('names one host: %j', async (bytes, status, detail) => {
    const { port } = await listen();
    const answer = await exchange(port, bytes);
    expect([answer.status, answer.json.detail ?? '']).toEqual([status, detail]);
  });

  test.each(['/v1/vms?name=', '/v1/vms/', '/nope/', '/v1/vms/x/'])(
    'has a target of at most 12,288 bytes: %s',
    async (begun) => {
      const app = await shared();
      const url = begun + 'a'.repeat(12_288 - begun.length);
      expect((await ask(app, 'GET', url)).status).not.toBe(414);
      const { status, json } = await ask(app, 'GET', `${url}a`);
      expect([status, json.code, json.detail]).toEqual([
        414,
        'target-too-long',
        'Cannot read request: its target has 12289 bytes, and 12288 is the bound',
      ]);
    },
  );

  test('that is long is not repeated whole', async () => {
    const app = await shared();
    const { json } = await ask(app, 'GET', `/${'a'.repeat(500)}`);
    expect(json.detail).toBe(`Cannot GET "/${'a'.repeat(119)}...": no such route`);
  });
});
