import type { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { fileWith, isBuilt, start, startIn, titleOf } from './program.js';

const CASE = {
  id: 'x-1',
  area: 'invept',
  setup: { context: 'VMX root' },
  op: 'INVEPT',
  args: { type: 3 },
  expect: { outcome: 'VMfail 28' },
  source: 'by hand',
};

/** The address in the log line that says where the server listens. */
async function addressIn(child: ReturnType<typeof spawn>): Promise<string> {
  if (child.stdout === null) throw new Error('Cannot read the log: it goes elsewhere');
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg } = JSON.parse(line) as { msg: string };
    if (msg.startsWith('Listening at ')) return msg.slice('Listening at '.length);
  }
  throw new Error('Cannot find the address: the server ended');
}

describe.skipIf(!isBuilt)(titleOf('the mmulab command'), () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('serves until %s', async (signal) => {
    const { child, ended } = start('serve', '--port', '0');
    const address = await addressIn(child);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const ready = await fetch(`${address}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', version: expect.any(String) },
    ]);
    child.kill(signal);
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, '']);
  });

  test.each(['99999', 'x', '-1', '1.5', ''])('refuses the port "%s"', async (port) => {
    const { code, stderr } = await start('serve', `--port=${port}`).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(
      `error: option '--port <number>' argument '${port}' is invalid. not a port`,
    );
  });

  test('says so when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stdout } = await start('serve', '--port', String(port)).ended;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      msg: 'Cannot listen',
      port,
      err: { code: 'EADDRINUSE' },
    });
  });

  test('tells a stream where it stopped when it is ended', async () => {
    const { child, ended } = start('serve', '--port', '0');
    const address = await addressIn(child);
    await fetch(`${address}/v1/vms`, { method: 'POST' });
    const socket = new WebSocket(`${address.replace('http', 'ws')}/v1/vms/vm-1/events`);
    const frames: { type: string; seq: number }[] = [];
    const isOpen = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        frames.push(JSON.parse(String(data)));
        resolve();
      });
    });
    const closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    await isOpen;
    const answer = await fetch(`${address}/v1/vms/vm-1/vcpus/0/enter`, { method: 'POST' });
    const { events } = (await answer.json()) as { events: { seq: number }[] };
    child.kill('SIGTERM');
    expect(await closed).toBe(1001);
    expect(frames.at(-1)).toEqual({
      type: 'end',
      vm: 'vm-1',
      seq: events.at(-1)?.seq,
      reason: 'shutdown',
    });
    expect((await ended).code).toBe(0);
  });

  test.each(['0.0.0.0', '::', '10.1.2.3', 'lab.test', '127.lab.test'])(
    'does not serve on %s without a token',
    async (host) => {
      const { code, stdout, stderr } = await start('serve', '--port', '0', '--host', host).ended;
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toBe(
        `Cannot serve on "${host}": others can reach it, and there is no token\n` +
          'Set MMULAB_TOKEN, for example to what "openssl rand -hex 32" prints; or name a file of tokens ' +
          'with --token-file; or listen on 127.0.0.1\n',
      );
    },
  );

  test('takes tokens from the environment and from a file', async () => {
    const file = fileWith(
      '# the night shift\n\n read  night-0123456789abcdef\nfull x-0123456789abcdef\n',
    );
    const { child } = startIn(
      { MMULAB_TOKEN: 'env-0123456789abcdef', MMULAB_READ_TOKEN: 'look-0123456789abcdef' },
      ...['serve', '--port', '0', '--token-file', file],
    );
    const address = await addressIn(child);
    const statuses = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const read = await fetch(`${address}/v1/vms`, { headers });
      const full = await fetch(`${address}/v1/vms`, { headers, method: 'POST' });
      return [read.status, full.status];
    };
    expect(await statuses('env-0123456789abcdef')).toEqual([200, 201]);
    expect(await statuses('x-0123456789abcdef')).toEqual([200, 201]);
    expect(await statuses('look-0123456789abcdef')).toEqual([200, 403]);
    expect(await statuses('night-0123456789abcdef')).toEqual([200, 403]);
    expect(await statuses('nobody-0123456789abcdef')).toEqual([401, 401]);
  });

  test.each([
    ['write abcdefghijklmnop', 'it is not "full TOKEN" or "read TOKEN"'],
    ['full abcdefghijklmnop now', 'it is not "full TOKEN" or "read TOKEN"'],
    ['full short', 'it has to be 16 to 256 letters, digits, or any of . _ ~ + -'],
    ['full with/slash/0123456789', 'it has to be 16 to 256 letters, digits, or any of . _ ~ + -'],
    ['# nothing', 'it has none'],
  ])('refuses the token file "%s"', async (line, reason) => {
    const { code, stderr } = await start('serve', '--token-file', fileWith(line)).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain('slash');
  });

  test('refuses an empty token and a file that is not there', async () => {
    const empty = await startIn({ MMULAB_TOKEN: '' }, 'serve').ended;
    expect([empty.code, empty.stderr]).toEqual([
      1,
      'Cannot take the token of MMULAB_TOKEN: it has to be 16 to 256 letters, digits, or any of . _ ~ + -\n',
    ]);
    const missing = await start('serve', '--token-file', '/nowhere/tokens').ended;
    expect([missing.code, missing.stderr]).toEqual([
      1,
      "Cannot read the tokens: ENOENT: no such file or directory, open '/nowhere/tokens'\n",
    ]);
  });

  test('bounds the rate of clients where others can reach it', async () => {
    const bounds = async (...args: string[]) => {
      const { child } = startIn(
        { MMULAB_TOKEN: 'env-0123456789abcdef' },
        'serve',
        '--port=0',
        ...args,
      );
      const { port } = new URL(await addressIn(child));
      const headers = { authorization: 'Bearer env-0123456789abcdef' };
      const model = await fetch(`http://127.0.0.1:${port}/v1/model`, { headers });
      return ((await model.json()) as { bounds: object }).bounds;
    };
    expect(await bounds()).toMatchObject({ clientRequestsPerSecond: null });
    expect(await bounds('--host=0.0.0.0')).toMatchObject({ clientRequestsPerSecond: 5000 });
    expect(await bounds('--requests-max=7')).toMatchObject({ clientRequestsPerSecond: 7 });
  });

  test('conform exits 0 if all passed', async () => {
    const { code, stdout } = await start('conform', fileWith(JSON.stringify([CASE]))).ended;
    expect([code, stdout]).toEqual([0, '1 passed, 0 failed\n']);
  });

  test('conform exits 1 if anything failed', async () => {
    const wrong = { ...CASE, expect: { outcome: 'VMfail 12' } };
    const { code, stdout } = await start('conform', fileWith(JSON.stringify([CASE, wrong]))).ended;
    expect([code, stdout.split('\n').slice(-2)]).toEqual([1, ['1 passed, 1 failed', '']]);
  });

  test.each([
    ['no file at all', [], "error: missing required argument 'file'"],
    ['an unknown option', ['--nope', 'x.json'], "error: unknown option '--nope'"],
    ['an unknown key', ['--only', 'result,moon', 'x.json'], 'no recording has the key "moon"'],
  ])('conform exits 2 for %s', async (_what, args, message) => {
    const { code, stdout, stderr } = await start('conform', ...args).ended;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test('museum shows that a mistake is caught, and prints its scene as a case', async () => {
    const name = 'pcid-flush-skips-sync';
    const { code, stdout } = await start('museum', '--only', name).ended;
    expect([code, stdout.split('\n').slice(1)]).toEqual([
      0,
      [
        expect.stringMatching(/^pcid-flush-skips-sync {2}mutant {2}oracle {5}6 {6}A read of/),
        '1 passed, 0 failed',
        '',
      ],
    ]);
    const json = await start('museum', '--json', '--only', name).ended;
    expect(JSON.parse(json.stdout)).toMatchObject({ passed: 1, failed: 0, exhibits: [{ name }] });
    const printed = await start('museum', '--commands', name).ended;
    expect(JSON.parse(printed.stdout)).toMatchObject({ config: { defects: [name] } });
    const unknown = await start('museum', '--only', 'nope').ended;
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      'Cannot show "nope": no exhibit has that name\n',
    ]);
  });

  test.each([
    ['', 'expected a file of JSON that can be read, came Unexpected end of JSON input'],
    ['{}', 'expected a list of cases or a recording, came an object without the format'],
    ['[]', 'expected at least one case, came an empty list'],
    [JSON.stringify([{ ...CASE, expect: {} }]), 'expected an expectation that is judged, came {}'],
    [JSON.stringify([{ ...CASE, moon: 1 }]), 'came Unrecognized key: "moon"'],
    ['{ "format": "mmulab-recording-1" }', 'expected the form of a recording, came name: '],
  ])('conform counts a file without anything to judge as failed: %s', async (text, sentence) => {
    const { code, stdout } = await start('conform', fileWith(text)).ended;
    expect(code).toBe(1);
    expect(stdout).toContain(sentence);
    expect(stdout).toMatch(/\n0 passed, 1 failed\n$/);
  });

  test('conform counts a file that is not there as failed, and judges the others', async () => {
    const file = fileWith(JSON.stringify([CASE]));
    const { code, stdout } = await start('conform', '/nowhere/cases.json', file).ended;
    expect(code).toBe(1);
    expect(stdout).toBe(
      'FAIL /nowhere/cases.json: expected a file of JSON that can be read, ' +
        "came ENOENT: no such file or directory, open '/nowhere/cases.json'\n1 passed, 1 failed\n",
    );
  });

  test('workload writes a case, the same for the same seed', async () => {
    const args = ['workload', 'kpti', '--seed', '7', '--commands', '20', '--set', 'pages=2'];
    const { code, stdout, stderr } = await start(...args).ended;
    expect([code, stderr]).toEqual([0, '']);
    const file = JSON.parse(stdout);
    expect([file.format, file.commands.length]).toEqual(['mmulab-case', 20]);
    expect(file.config).toMatchObject({ policy: 'mainline', kernel: '6.1' });
    expect((await start(...args).ended).stdout).toBe(stdout);
  });

  test('workload writes lines of commands into a file', async () => {
    const file = fileWith('');
    const args = ['workload', 'shootdown', '--set', 'vcpus=3', 'pti=true', '--commands', '10001'];
    const { code, stdout } = await start(...args, '--lines', '-o', file).ended;
    expect([code, stdout]).toEqual([0, '']);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(10_001);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ kind: 'mov-cr3' });
  });

  test('workload takes the rules of the case', async () => {
    const rules = ['--policy', 'cached-roots', '--kernel', '7.3'];
    const { stdout } = await start('workload', 'asids', '--commands', '5', ...rules).ended;
    expect(JSON.parse(stdout).config).toMatchObject({ policy: 'cached-roots', kernel: '7.3' });
  });

  test('workload lists what there is', async () => {
    const { code, stdout } = await start('workload', '--list').ended;
    expect(code).toBe(0);
    expect(stdout).toContain('\nshootdown\n  Threads of shared address spaces');
    expect(stdout).toContain('    vcpus=4  (2 to 16) vCPUs, which run threads');
  });

  test.each([
    ['no name', [], 'Cannot make a workload: its name is missing; there are kpti, '],
    ['another name', ['nope'], 'Cannot make "nope": no such workload; there are kpti, '],
    ['a value out of range', ['kpti', '--set', 'pages=65'], 'Cannot make "kpti": pages: '],
    ['an unknown key', ['kpti', '--set', 'x=1'], 'Cannot make "kpti": Unrecognized key: "x"'],
    ['no value', ['kpti', '--set', 'pages'], 'not key=value'],
    ['a long case', ['kpti', '--commands', '10001'], 'Cannot make "kpti": commands: '],
    ['a file that cannot be', ['kpti', '-o', '/nowhere/x'], 'Cannot write "/nowhere/x": ENOENT'],
  ])('workload exits 2 for %s', async (_what, args, message) => {
    const { code, stdout, stderr } = await start('workload', ...args).ended;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
