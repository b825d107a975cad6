import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { step } from '../../src/mmu/index.js';
import { type AppOptions, VERSION } from '../../src/server/index.js';
import { ask, type Frame, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp((app) => ask(app, 'POST', '/v1/vms'));

const MOV = (value: string) => ({ kind: 'mov-cr3', vcpu: 0, value });
const ENTER = { kind: 'enter', vcpu: 0 };
const CONFIG = { policy: 'need-sync', registers: { cr3: '0x100000' } };

async function run(app: FastifyInstance, vm: string, commands: object[]): Promise<void> {
  expect((await ask(app, 'POST', `/v1/vms/${vm}/commands`, commands)).status).toBe(200);
}

async function caseOf(app: FastifyInstance, vm: string): Promise<Frame> {
  const { status, json } = await ask(app, 'GET', `/v1/vms/${vm}/case`);
  expect(status).toBe(200);
  return json;
}

test('a case shows another server what a VM did', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', CONFIG);
  await run(app, 'vm-1', [MOV('0x101000'), ENTER, MOV('0x100000')]);
  const { status, headers, json } = await ask(app, 'GET', '/v1/vms/vm-1/case');
  expect(status).toBe(200);
  expect(headers['content-disposition']).toBe('attachment; filename="vm-1.case.json"');
  const state = (await ask(app, 'GET', '/v1/vms/vm-1/digest')).json.state;
  expect(json).toMatchObject({
    format: 'mmulab-case',
    formatVersion: 1,
    mmulab: VERSION,
    config: CONFIG,
    commands: [MOV('0x101000'), ENTER, MOV('0x100000')],
    expected: { state },
  });

  const other = await startApp();
  await ask(other, 'POST', '/v1/vms', {});
  const played = await ask(other, 'POST', '/v1/cases', json);
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  expect(played.headers.location).toBe('/v1/vms/vm-2');
  expect([played.status, played.json]).toEqual([
    201,
    {
      id: 'vm-2',
      seq,
      met: true,
      expected: json.expected,
      actual: json.expected,
      poisoned: false,
      versions: { written: VERSION, played: VERSION },
    },
  ]);
  // The new VM has the whole history, and so its case is the same.
  expect(await caseOf(other, 'vm-2')).toEqual(json);
});

test('what was not expected is told', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', CONFIG);
  await run(app, 'vm-1', [MOV('0x101000')]);
  const file = await caseOf(app, 'vm-1');
  const changed = { ...file, mmulab: '0.0.9', commands: [MOV('0x102000')] };
  const { status, json } = await ask(app, 'POST', '/v1/cases', changed);
  expect([status, json.met, json.versions]).toEqual([
    201,
    false,
    { written: '0.0.9', played: VERSION },
  ]);
  expect(json.actual).not.toEqual(json.expected);
  const other = { ...file, config: { ...file.config, policy: 'mainline' }, commands: [] };
  expect((await ask(app, 'POST', '/v1/cases', other)).json.met).toBe(false);
});

test('a case holds what leads to the state, and nothing that was taken back', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', CONFIG);
  await run(app, 'vm-1', [MOV('0x109000')]);
  await ask(app, 'POST', '/v1/vms/vm-1/reset');
  await run(app, 'vm-1', [MOV('0x101000')]);
  await ask(app, 'POST', '/v1/vms/vm-1/snapshots', { name: 's' });
  await run(app, 'vm-1', [MOV('0x108000')]);
  await ask(app, 'POST', '/v1/vms/vm-1/snapshots/s/restore');
  await run(app, 'vm-1', [MOV('0x102000')]);
  await ask(app, 'POST', '/v1/vms/vm-1/fork');
  await run(app, 'vm-1', [MOV('0x107000')]);
  await run(app, 'vm-2', [MOV('0x103000')]);
  const file = await caseOf(app, 'vm-2');
  expect(file.commands.map(({ value }: Frame) => value)).toEqual([
    '0x101000',
    '0x102000',
    '0x103000',
  ]);
  expect((await ask(app, 'POST', '/v1/cases', file)).json.met).toBe(true);

  await ask(app, 'DELETE', '/v1/vms/vm-1');
  const orphan = await ask(app, 'GET', '/v1/vms/vm-2/case');
  expect([orphan.status, orphan.json.code, orphan.json.detail]).toEqual([
    409,
    'beginning-unknown',
    'Cannot write the case of VM "vm-2": VM "vm-2" was forked from VM "vm-1", which is deleted',
  ]);
});

test('a case needs the beginning, and is bounded', async () => {
  const app = await startApp({ limits: { historyRecordsPerVm: 300 } });
  await ask(app, 'POST', '/v1/vms', CONFIG);
  await run(
    app,
    'vm-1',
    Array.from({ length: 400 }, () => ENTER),
  );
  const { oldest } = (await ask(app, 'GET', '/v1/vms/vm-1/events')).json;
  const late = await ask(app, 'GET', '/v1/vms/vm-1/case');
  expect([late.status, late.json.code, late.json.oldest, late.json.detail]).toEqual([
    410,
    'events-expired',
    oldest,
    `Cannot write the case of VM "vm-1": the first commands are needed, and history of VM "vm-1" is kept from ${oldest}; reset it to begin anew`,
  ]);
  await ask(app, 'POST', '/v1/vms/vm-1/reset');
  expect((await caseOf(app, 'vm-1')).commands).toEqual([]);

  const roomy = await startApp({ limits: { historyRecordsPerVm: 100_000 } });
  await ask(roomy, 'POST', '/v1/vms', CONFIG);
  const many = Array.from({ length: 10_000 }, () => ({ kind: 'free-roots', vcpu: 0, mmu: 'root' }));
  await run(roomy, 'vm-1', many);
  expect((await caseOf(roomy, 'vm-1')).commands.length).toBe(10_000);
  await run(roomy, 'vm-1', [ENTER]);
  const long = await ask(roomy, 'GET', '/v1/vms/vm-1/case');
  expect([long.status, long.json.code, long.json.detail]).toEqual([
    409,
    'beginning-unknown',
    'Cannot write the case of VM "vm-1": more than 10000 commands lead there, the bound',
  ]);
  // What led to the present is still told, from a state on: 8,192 commands at most.
  const part = (await ask(roomy, 'GET', '/v1/vms/vm-1/excerpt')).json;
  expect([part.format, part.after, part.commands.length]).toEqual([
    'mmulab-excerpt',
    1808 + 1,
    8192,
  ]);
  expect(part.commands.at(-1)).toEqual(ENTER);
});

test('no excerpt is written of a state that is too large', async () => {
  const app = await startApp();
  const fills = [{ gpa: '0x0', count: 5000, stride: 4096, first: '0x1', step: '0x1' }];
  await ask(app, 'POST', '/v1/vms', { memory: { fills } });
  const { status, json } = await ask(app, 'GET', '/v1/vms/vm-1/excerpt');
  expect([status, json.code]).toEqual([409, 'beginning-unknown']);
  expect(json.detail).toBe(
    'Cannot write an excerpt of VM "vm-1": its state takes 5000 pages, and 4096 are the bound',
  );
});

test.each([
  ['format', { format: 'other' }],
  ['formatVersion', { formatVersion: 2 }],
  ['mmulab', { mmulab: '' }],
  ['config/vcpus', { config: { vcpus: 0 } }],
  ['commands/0/kind', { commands: [{ kind: 'nope', vcpu: 0 }] }],
  ['expected/state', { expected: { state: 'x', events: `sha256:${'0'.repeat(64)}` } }],
])('a case whose %s is wrong is refused at its place', async (path, change) => {
  const app = await shared();
  const file = { ...(await caseOf(app, 'vm-1')), ...change };
  const { status, json } = await ask(app, 'POST', '/v1/cases', file);
  expect([status, json.code, json.errors[0].path]).toEqual([400, 'invalid-request', `/${path}`]);
});

test('a case that cannot be played to its end leaves no VM', async () => {
  const app = await startApp({
    model: {
      step: (vm, command, emit) => {
        if (command.kind === 'zap-all') throw new Error('broken');
        return step(vm, command, emit);
      },
    },
    limits: { vms: 2, vcpus: 3, memoryPages: 2 },
  });
  await ask(app, 'POST', '/v1/vms', {});
  const file = await caseOf(app, 'vm-1');
  const play = async (change: object) => {
    const { status, json } = await ask(app, 'POST', '/v1/cases', { ...file, ...change });
    return [status, json.code, json.index];
  };
  const config = (change: object) => ({ config: { ...file.config, ...change } });
  const refused = { kind: 'vmexit', vcpu: 0 };
  expect(await play({ commands: [ENTER, { kind: 'enter', vcpu: 1 }] })).toEqual([
    404,
    'vcpu-not-found',
    1,
  ]);
  expect(await play({ commands: [ENTER, refused] })).toEqual([409, 'command-refused', 1]);
  expect(await play({ commands: [{ kind: 'zap-all', vcpu: 0 }] })).toEqual([409, 'vm-poisoned', 0]);
  expect(await play(config({ vcpus: 3 }))).toEqual([429, 'vcpu-limit-reached', undefined]);
  const words = ['0x0', '0x1000', '0x2000'].map((gpa) => ({ gpa, value: '0x1' }));
  expect(await play(config({ memory: { words } }))).toEqual([
    429,
    'memory-limit-reached',
    undefined,
  ]);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(1);
  await ask(app, 'POST', '/v1/vms', {});
  expect(await play({})).toEqual([429, 'vm-limit-reached', undefined]);
});

test('the case of a VM that has failed has the command on which the model failed', async () => {
  let broken = true;
  const options: AppOptions = {
    model: {
      step: (vm, command, emit) => {
        const outcome = step(vm, command, emit);
        if (command.kind === 'zap-all' && broken) throw new Error('broken');
        return outcome;
      },
    },
  };
  const app = await startApp(options);
  await ask(app, 'POST', '/v1/vms', CONFIG);
  await run(app, 'vm-1', [ENTER]);
  const { expected } = await caseOf(app, 'vm-1');
  const zap = { kind: 'zap-all', vcpu: 0 };
  await ask(app, 'POST', '/v1/vms/vm-1/commands', [zap]);
  const file = await caseOf(app, 'vm-1');
  expect(file).toMatchObject({ commands: [ENTER], expected, poisonedBy: zap });

  const other = await startApp(options);
  const play = async (change: object = {}) =>
    (await ask(other, 'POST', '/v1/cases', { ...file, ...change })).json;
  expect(await play()).toMatchObject({ id: 'vm-1', met: true, poisoned: true });
  expect((await ask(other, 'GET', '/v1/vms/vm-1')).json.poisoned).toBe(true);
  expect(await caseOf(other, 'vm-1')).toEqual(file);
  // No failure of the model, but a mistake of the caller's.
  expect(await play({ poisonedBy: { ...zap, vcpu: 1 } })).toMatchObject({ code: 'vcpu-not-found' });
  broken = false;
  expect(await play()).toMatchObject({ met: true, poisoned: false });
});

test('a model that does not do again what it did is an error of ours', async () => {
  let calls = 0;
  const app = await startApp({
    model: {
      step: (vm, command, emit) => {
        calls += 1;
        return step(vm, calls === 1 ? command : { ...ENTER, kind: 'enter' }, emit);
      },
    },
  });
  await ask(app, 'POST', '/v1/vms', CONFIG);
  await run(app, 'vm-1', [MOV('0x101000')]);
  const { status, json } = await ask(app, 'GET', '/v1/vms/vm-1/case');
  expect([status, json.code]).toEqual([500, 'internal']);
});
