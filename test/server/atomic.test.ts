import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { step } from '../../src/mmu/index.js';
import { ask, type Frame, startApp } from './start.js';

const BATCH = '/v1/vms/vm-1/commands';
const VCPU = '/v1/vms/vm-1/vcpus/0';
const LOAD = { kind: 'load-root', vcpu: 0, pgd: '0x100000' };
const ENTER = { kind: 'enter', vcpu: 0 };
const MOV = { kind: 'mov-cr3', vcpu: 0, value: '0x200000' };
const REFUSED = { kind: 'vmexit', vcpu: 0 };
const POISON = { kind: 'execute', vcpu: 0, gva: '0x0' };

async function startVm(options = {}, config = {}) {
  const app = await startApp(options);
  await ask(app, 'POST', '/v1/vms', config);
  const stateOf = async () => {
    const [vm, vcpu, events] = await Promise.all(
      ['', '/vcpus/0', '/events'].map((path) => ask(app, 'GET', `/v1/vms/vm-1${path}`)),
    );
    return [vm?.json, vcpu?.json, events?.json];
  };
  return { app, stateOf };
}

test('an atomic batch does what a batch does', async () => {
  const { app } = await startVm();
  await ask(app, 'POST', '/v1/vms');
  const atomic = await ask(app, 'POST', `${BATCH}?atomic=true&events=true`, [LOAD, ENTER, MOV]);
  const plain = await ask(app, 'POST', '/v1/vms/vm-2/commands?events=true', [LOAD, ENTER, MOV]);
  expect(atomic.status).toBe(200);
  expect(JSON.stringify(atomic.json)).toBe(JSON.stringify(plain.json).replaceAll('vm-2', 'vm-1'));
  const [one, two] = [
    await ask(app, 'GET', '/v1/vms/vm-1/vcpus/0'),
    await ask(app, 'GET', '/v1/vms/vm-2/vcpus/0'),
  ];
  expect(one.json).toEqual(two.json);
});

test('an atomic batch that is refused changes nothing', async () => {
  const { app, stateOf } = await startVm();
  await ask(app, 'POST', BATCH, [LOAD, ENTER]);
  const before = await stateOf();
  const { status, json } = await ask(app, 'POST', `${BATCH}?atomic=true`, [MOV, ENTER, REFUSED]);
  expect([status, json.code, json.applied, json.index, json.seq]).toEqual([
    409,
    'command-refused',
    0,
    2,
    before[0].seq,
  ]);
  expect(json.detail).toContain('(command 2 of the batch; 0 applied)');
  expect(await stateOf()).toEqual(before);
});

test('a dry run answers what would be, and changes nothing', async () => {
  const { app, stateOf } = await startVm();
  await ask(app, 'POST', BATCH, [LOAD]);
  const before = await stateOf();
  const commands = [ENTER, MOV, ENTER];
  const tried = await ask(app, 'POST', `${BATCH}?dryRun=true&events=true`, commands);
  expect(await stateOf()).toEqual(before);
  const again = await ask(app, 'POST', `${BATCH}?dryRun=true&atomic=true&events=true`, commands);
  expect(again.json).toEqual(tried.json);
  const done = await ask(app, 'POST', `${BATCH}?events=true`, commands);
  expect([tried.status, tried.json]).toEqual([200, done.json]);
  expect(done.json.results[0].seq).toBe(before[0].seq + 1);
});

test('a dry run of one command', async () => {
  const { app, stateOf } = await startVm();
  await ask(app, 'POST', `${VCPU}/make-request`, { request: 'TLB_FLUSH_GUEST' });
  const before = await stateOf();
  const tried = await ask(app, 'POST', `${VCPU}/enter?dryRun=true`);
  expect(await stateOf()).toEqual(before);
  // What is serviced names its making, which came before the dry run.
  const done = await ask(app, 'POST', `${VCPU}/enter`);
  expect([tried.status, tried.json]).toEqual([200, done.json]);
  expect(done.json.events.some(({ causedBy }: Frame) => causedBy !== null)).toBe(true);
  expect((await ask(app, 'POST', `${VCPU}/vmexit?dryRun=true`)).json.code).toBe('command-refused');
  const noVcpu = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/9/enter?dryRun=true');
  expect([noVcpu.status, noVcpu.json.code]).toEqual([404, 'vcpu-not-found']);
  expect((await ask(app, 'POST', `${VCPU}/enter?dryRun=yes`)).status).toBe(400);
  expect((await ask(app, 'POST', `${VCPU}/enter?dryrun=true`)).status).toBe(400);
});

test.each(['atomic', 'dryRun'])('%s is bounded to what can be done in one go', async (how) => {
  const { app } = await startVm();
  const commands = Array.from({ length: 1001 }, () => ENTER);
  const { status, json } = await ask(app, 'POST', `${BATCH}?${how}=true`, commands);
  expect([status, json.code, json.detail]).toEqual([
    413,
    'batch-too-long',
    'Cannot try commands: an atomic batch or a dry run is bounded to 1000',
  ]);
  commands.pop();
  expect((await ask(app, 'POST', `${BATCH}?${how}=true`, commands)).status).toBe(200);
  const noVcpu = await ask(app, 'POST', `${BATCH}?${how}=true`, [{ ...ENTER, vcpu: 9 }]);
  expect([noVcpu.status, noVcpu.json.index]).toEqual([404, 0]);
});

test.each([`${BATCH}?atomic=true`, `${BATCH}?dryRun=true`])(
  'a failure of ours in %s does not stop the VM',
  async (url) => {
    const { app, stateOf } = await startVm({
      model: {
        step: (...args: Parameters<typeof step>) => {
          if (args[1].kind === 'execute') throw new Error('assert: no');
          return step(...args);
        },
      },
    });
    const before = await stateOf();
    const { status, json } = await ask(app, 'POST', url, [ENTER, POISON]);
    expect([status, json.code, json.index, json.detail]).toEqual([
      409,
      'vm-poisoned',
      1,
      'Cannot try "execute": the model fails on it (command 1 of the batch; 0 applied)',
    ]);
    expect(await stateOf()).toEqual(before);
    expect((await ask(app, 'POST', `${VCPU}/enter`)).status).toBe(200);
  },
);

test('what is tried takes no room for long, and is refused where it would be', async () => {
  const { app } = await startVm({ limits: { memoryPages: 6 } });
  await ask(app, 'POST', '/v1/vms');
  const roots = Array.from({ length: 8 }, (_, i) => [
    { ...LOAD, pgd: `0x${i + 1}000` },
    ENTER,
  ]).flat();
  for (const how of ['dryRun', 'atomic', 'dryRun']) {
    const { status, json } = await ask(app, 'POST', `${BATCH}?${how}=true`, roots);
    expect([status, json.code, json.applied]).toEqual([429, 'memory-limit-reached', 0]);
  }
  expect((await ask(app, 'POST', `${BATCH}?atomic=true`, roots.slice(0, 4))).status).toBe(200);
});

test.each(['', '?events=true', '?atomic=true', '?dryRun=true'])(
  'a long answer to a batch%s is whole if it is compressed',
  async (query) => {
    const app = await startApp();
    await ask(app, 'POST', '/v1/vms');
    const batch = Array.from({ length: 900 }, (_, i) => {
      return { kind: 'load-root', vcpu: 0, pgd: `0x${1 + (i % 7)}000` };
    });
    const url = `/v1/vms/vm-1/commands${query}`;
    const answer = await app.inject({
      method: 'POST',
      url,
      payload: batch,
      headers: { 'accept-encoding': 'gzip' },
    });
    expect([answer.statusCode, answer.headers['content-encoding']]).toEqual([200, 'gzip']);
    const { results } = JSON.parse(String(gunzipSync(answer.rawPayload)));
    expect(results).toHaveLength(batch.length);
  },
);

test('a batch that is stopped is refused as a problem', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/commands', [
    { kind: 'enter', vcpu: 9 },
  ]);
  expect([status, json.code, json.index]).toEqual([404, 'vcpu-not-found', 0]);
});
