import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { addressIn, ask, fileWith, isBuilt, start, startIn, titleOf } from './program.js';

const hashed = (secret: string) => `sha256:${createHash('sha256').update(secret).digest('hex')}`;

describe.skipIf(!isBuilt)(titleOf('mmulab serve'), () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('serves until %s', async (signal) => {
    const { child, ended } = start('serve', '--port', '0');
    const address = await addressIn(child);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const ready = await ask(`${address}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', version: expect.any(String), kept: 'in memory: VMs end with the server' },
    ]);
    child.kill(signal);
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, '']);
  });

  test('says in one sentence that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await start('serve', '--port', String(port)).ended;
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      `Cannot serve on 127.0.0.1:${port}: another program listens there; --port names another ` +
        'port, and 0 takes a free one\n',
    ]);
  });

  test('passes over a HOST that is the name of a machine, and a variable that is no setting', async () => {
    const others = { MMULAB_PROT: '1', MMULAB_URL: 'http://127.0.0.1:1' };
    const { child } = startIn(
      { HOST: 'workstation', PORT: '1', MMULAB_PORT: '0', ...others },
      'serve',
    );
    const lines: { level: number; msg: string; HOST?: string }[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(JSON.parse(line));
      if (lines.length === 3) break;
    }
    expect(lines).toMatchObject([
      { level: 40, HOST: 'workstation', msg: expect.stringMatching(/^HOST ignored: /) },
      { level: 40, variable: 'MMULAB_PROT', msg: 'Variable ignored: no setting has that name' },
      { level: 30, msg: expect.stringMatching(/^Listening at http:\/\/127\.0\.0\.1:\d+$/) },
    ]);
  });

  test('tells a stream where it stopped when it is ended', async () => {
    const { child, ended } = start('serve', '--port', '0');
    const address = await addressIn(child);
    const created = await ask(`${address}/v1/vms`, { method: 'POST' });
    const { id } = (await created.json()) as { id: string };
    expect(id).toMatch(/^vm-1-[0-9a-z]{10}$/);
    const socket = new WebSocket(`${address.replace('http', 'ws')}/v1/vms/${id}/events`);
    const frames: { type: string; seq: number }[] = [];
    const isOpen = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        frames.push(JSON.parse(String(data)));
        resolve();
      });
    });
    const closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    await isOpen;
    const answer = await ask(`${address}/v1/vms/${id}/vcpus/0/enter`, { method: 'POST' });
    const { events } = (await answer.json()) as { events: { seq: number }[] };
    child.kill('SIGTERM');
    expect(await closed).toBe(1001);
    expect(frames.at(-1)).toEqual({
      type: 'end',
      vm: id,
      seq: events.at(-1)?.seq,
      reason: 'shutdown',
    });
    expect((await ended).code).toBe(0);
  });

  test('takes tokens from the environment and from a file', async () => {
    const file = fileWith(
      `# the night shift\n\n read  ${hashed('night-0123456789abcdef')}\n` +
        `full ${hashed('x-0123456789abcdef')}\n`,
    );
    const { child } = startIn(
      { MMULAB_TOKEN: 'env-0123456789abcdef', MMULAB_READ_TOKEN: 'look-0123456789abcdef' },
      ...['serve', '--port', '0', '--token-file', file],
    );
    const address = await addressIn(child);
    const statuses = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const read = await ask(`${address}/v1/vms`, { headers });
      const full = await ask(`${address}/v1/vms`, { headers, method: 'POST' });
      return [read.status, full.status];
    };
    expect(await statuses('env-0123456789abcdef')).toEqual([200, 201]);
    expect(await statuses('x-0123456789abcdef')).toEqual([200, 201]);
    expect(await statuses('look-0123456789abcdef')).toEqual([200, 403]);
    expect(await statuses('night-0123456789abcdef')).toEqual([200, 403]);
    expect(await statuses('nobody-0123456789abcdef')).toEqual([401, 401]);
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
      const model = await ask(`http://127.0.0.1:${port}/v1/model`, { headers });
      return ((await model.json()) as { bounds: object }).bounds;
    };
    expect(await bounds()).toMatchObject({ clientRequestsPerSecond: null });
    expect(await bounds('--host=0.0.0.0')).toMatchObject({ clientRequestsPerSecond: 5000 });
    expect(await bounds('--client-requests-per-second=7')).toMatchObject({
      clientRequestsPerSecond: 7,
    });
  });
});
