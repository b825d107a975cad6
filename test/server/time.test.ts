import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { step } from '../../src/mmu/index.js';
import { VERSION } from '../../src/server/index.js';
import { ask, connect, type Frame, listen, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp((app) => ask(app, 'POST', '/v1/vms'), { limits: { bodyBytes: 500 } });

const MOV = (value: string) => ({ kind: 'mov-cr3', vcpu: 0, value });
const ENTER = { kind: 'enter', vcpu: 0 };

/** A VM with five commands behind it. */
async function prepare(app: FastifyInstance, config: object = {}): Promise<void> {
  await ask(app, 'POST', '/v1/vms', config);
  await run(app, 'vm-1', [MOV('0x100000'), ENTER, MOV('0x101000'), ENTER, MOV('0x100000')]);
}

async function run(app: FastifyInstance, vm: string, commands: object[]): Promise<Frame[]> {
  const { json } = await ask(app, 'POST', `/v1/vms/${vm}/commands?events=true`, commands);
  return json.results;
}

const digest = async (app: FastifyInstance, vm: string, query = '') =>
  (await ask(app, 'GET', `/v1/vms/${vm}/digest${query}`)).json.state;

test('a reset takes a VM back to what it was made from, and its seq goes on', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms', {});
  const fresh = await digest(app, 'vm-1');
  await run(app, 'vm-1', [MOV('0x100000'), ENTER]);
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  expect(await digest(app, 'vm-1')).not.toBe(fresh);
  const client = connect(port, '/v1/vms/vm-1/events?vcpu=3&kind=rewound');
  await client.arrived(1);

  const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/reset');
  const record = { type: 'rewound', vm: 'vm-1', seq: seq + 1, snapshot: null, to: null };
  expect([status, json]).toEqual([200, record]);
  expect(await digest(app, 'vm-1')).toBe(fresh);
  expect((await ask(app, 'GET', `/v1/vms/vm-1/events?after=${seq}`)).json.events).toEqual([record]);
  expect((await client.arrived(2))[1]).toEqual(record);
  expect((await run(app, 'vm-1', [ENTER]))[0]?.seq).toBe(seq + 2);
});

test('snapshots are taken, listed, read, restored and deleted', async () => {
  const app = await startApp();
  await prepare(app);
  const before = await digest(app, 'vm-1');
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  const taken = await ask(app, 'POST', '/v1/vms/vm-1/snapshots', { name: 'booted' });
  expect(taken.status).toBe(201);
  expect(taken.headers.location).toBe('/v1/vms/vm-1/snapshots/booted');
  expect(taken.json).toEqual({ name: 'booted', seq, bytes: taken.json.bytes });
  const later = await ask(app, 'POST', '/v1/vms/vm-1/snapshots', { name: 'a.second-1' });
  const list = await ask(app, 'GET', '/v1/vms/vm-1/snapshots');
  expect([list.status, list.json]).toEqual([200, { snapshots: [taken.json, later.json] }]);
  const read = await ask(app, 'GET', '/v1/vms/vm-1/snapshots/booted');
  expect([read.status, read.json]).toEqual([200, taken.json]);

  const [first] = await run(app, 'vm-1', [MOV('0x102000')]);
  expect(await digest(app, 'vm-1')).not.toBe(before);
  const restored = await ask(app, 'POST', '/v1/vms/vm-1/snapshots/booted/restore');
  expect([restored.status, restored.json]).toEqual([
    200,
    { type: 'rewound', vm: 'vm-1', seq: restored.json.seq, snapshot: 'booted', to: seq },
  ]);
  expect(await digest(app, 'vm-1')).toBe(before);
  const [again] = await run(app, 'vm-1', [MOV('0x102000')]);
  const told = ({ outcome, events }: Frame) => [outcome, events.map((e: Frame) => e.event)];
  expect(told(again as Frame)).toEqual(told(first as Frame));

  expect((await ask(app, 'DELETE', '/v1/vms/vm-1/snapshots/booted')).status).toBe(204);
  expect((await ask(app, 'GET', '/v1/vms/vm-1/snapshots')).json.snapshots).toEqual([later.json]);
  for (const [method, url] of [
    ['GET', '/v1/vms/vm-1/snapshots/booted'],
    ['DELETE', '/v1/vms/vm-1/snapshots/booted'],
    ['POST', '/v1/vms/vm-1/snapshots/booted/restore'],
  ] as const) {
    const { status, json } = await ask(app, method, url);
    expect([status, json.code, json.detail]).toEqual([
      404,
      'snapshot-not-found',
      'Cannot find snapshot "booted": VM "vm-1" has none of this name',
    ]);
  }
  // The restoration can be gone through again all the same.
  expect(await digest(app, 'vm-1', `?seq=${restored.json.seq}`)).toBe(before);
});

test('snapshots are bounded, by VM and by bytes', async () => {
  const app = await startApp();
  await prepare(app);
  const take = (name: string, vm = 'vm-1') => ask(app, 'POST', `/v1/vms/${vm}/snapshots`, { name });
  for (let i = 0; i < 64; i += 1) expect((await take(`s${i}`)).status).toBe(201);
  const again = await take('s0');
  expect([again.status, again.json.code, again.json.detail]).toEqual([
    409,
    'snapshot-exists',
    'Cannot take snapshot "s0": VM "vm-1" has one of this name; delete it first',
  ]);
  const more = await take('more');
  expect([more.status, more.json.code, more.json.detail]).toEqual([
    429,
    'snapshot-limit-reached',
    'Cannot take snapshot "more": VM "vm-1" has 64, the bound; delete one',
  ]);

  const small = await startApp({ limits: { snapshotBytes: 1000 } });
  await ask(small, 'POST', '/v1/vms', {});
  await ask(small, 'POST', '/v1/vms', {});
  const one = await ask(small, 'POST', '/v1/vms/vm-1/snapshots', { name: 'one' });
  const { bytes } = one.json;
  const two = await ask(small, 'POST', '/v1/vms/vm-2/snapshots', { name: 'two' });
  expect([two.status, two.json.detail]).toEqual([
    429,
    `Cannot take snapshot "two": it takes ${bytes} bytes, and room for ${1000 - bytes} of 1000 is left; delete others`,
  ]);
  await ask(small, 'DELETE', '/v1/vms/vm-1');
  expect((await ask(small, 'POST', '/v1/vms/vm-2/snapshots', { name: 'two' })).status).toBe(201);
});

test('a fork has the state of its VM, and a life of its own', async () => {
  const app = await startApp();
  await prepare(app);
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  const forked = await ask(app, 'POST', '/v1/vms/vm-1/fork');
  expect(forked.headers.location).toBe('/v1/vms/vm-2');
  expect([forked.status, forked.json]).toEqual([
    201,
    { id: 'vm-2', seq: 0, origin: { vm: 'vm-1', seq }, replayed: false },
  ]);
  const state = await digest(app, 'vm-1');
  expect(await digest(app, 'vm-2')).toBe(state);
  await run(app, 'vm-2', [MOV('0x105000'), ENTER]);
  expect(await digest(app, 'vm-1')).toBe(state);
  expect(await digest(app, 'vm-2')).not.toBe(state);
  expect(await digest(app, 'vm-2', '?seq=0')).toBe(state);
});

test('a VM is forked at any moment that is kept', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', {});
  const states = [await digest(app, 'vm-1')];
  const seqs = [0];
  for (const command of [MOV('0x100000'), ENTER, MOV('0x101000'), ENTER]) {
    const [result] = await run(app, 'vm-1', [command]);
    seqs.push(result?.seq);
    states.push(await digest(app, 'vm-1'));
  }
  for (const [i, seq] of seqs.entries()) {
    const { json } = await ask(app, 'POST', '/v1/vms/vm-1/fork', { seq });
    expect(await digest(app, json.id)).toBe(states[i]);
  }
  // A command is indivisible: its events have its state.
  expect(await digest(app, 'vm-1', `?seq=${(seqs[2] as number) + 1}`)).toBe(states[2]);
  const late = await ask(app, 'POST', '/v1/vms/vm-1/fork', { seq: 999 });
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  expect([late.status, late.json.code, late.json.detail]).toEqual([
    400,
    'invalid-request',
    `Cannot go to 999: the newest of VM "vm-1" is ${seq}`,
  ]);
});

test('a fork with changes runs the commands under its own rules', async () => {
  const app = await startApp();
  await prepare(app);
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  const changes = { policy: 'never-cache', kernel: '5.13', prevRoots: 1, tlb: 'off' };
  const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/fork', changes);
  expect([status, json.replayed]).toEqual([201, true]);
  const fork = (await ask(app, 'GET', '/v1/vms/vm-2')).json;
  expect(fork).toMatchObject({ ...changes, seq: json.seq });

  await ask(app, 'POST', '/v1/vms', changes);
  await run(app, 'vm-3', [MOV('0x100000'), ENTER, MOV('0x101000'), ENTER, MOV('0x100000')]);
  expect(await digest(app, 'vm-2')).toBe(await digest(app, 'vm-3'));
  // What it is already is no change.
  const same = await ask(app, 'POST', '/v1/vms/vm-1/fork', { policy: 'mainline', kernel: '6.1' });
  expect(same.json).toMatchObject({ origin: { vm: 'vm-1', seq }, replayed: false });
});

test('a reset begins anew what a fork with changes replays', async () => {
  const app = await startApp();
  await prepare(app);
  await ask(app, 'POST', '/v1/vms/vm-1/reset');
  await run(app, 'vm-1', [MOV('0x107000')]);
  const { json } = await ask(app, 'POST', '/v1/vms/vm-1/fork', { policy: 'need-sync' });
  const { events } = (await ask(app, 'GET', `/v1/vms/${json.id}/events?kind=command`)).json;
  expect(events.map(({ command }: Frame) => command)).toEqual([{ ...MOV('0x107000'), gpr: 0 }]);
});

test('a fork with changes needs the beginning, and a configuration that fits', async () => {
  const app = await startApp({ limits: { historyRecordsPerVm: 300 } });
  await ask(app, 'POST', '/v1/vms', {
    kernel: '7.3',
    cpuid: { lam: true },
    registers: { cr4: '0x100000a0' },
  });
  const flawed = await ask(app, 'POST', '/v1/vms/vm-1/fork', { kernel: '6.1' });
  expect([flawed.status, flawed.json.detail, flawed.json.errors]).toEqual([
    400,
    'Cannot fork VM: with these changes its configuration is wrong at /registers/cr4: CPUID does not offer 0x10000000',
    [{ in: 'body', path: '/registers/cr4', message: 'CPUID does not offer 0x10000000' }],
  ]);
  await run(
    app,
    'vm-1',
    Array.from({ length: 400 }, () => ENTER),
  );
  const { json } = await ask(app, 'GET', '/v1/vms/vm-1/events');
  const late = await ask(app, 'POST', '/v1/vms/vm-1/fork', { policy: 'need-sync' });
  expect([late.status, late.json.code, late.json.oldest, late.json.detail]).toEqual([
    410,
    'events-expired',
    json.oldest,
    `Cannot fork VM "vm-1" with changes: the first commands are needed, and history of VM "vm-1" is kept from ${json.oldest}; reset it to begin anew`,
  ]);
  const gone = await ask(app, 'POST', '/v1/vms/vm-1/fork', { seq: 1 });
  expect([gone.status, gone.json.code, gone.json.oldest]).toEqual([
    410,
    'events-expired',
    json.oldest,
  ]);
  const digestGone = await ask(app, 'GET', '/v1/vms/vm-1/digest?seq=1');
  expect([digestGone.status, digestGone.json.code]).toEqual([410, 'events-expired']);
});

test('a fork with changes of a fork needs the VM that it came from', async () => {
  const app = await startApp();
  await prepare(app);
  await ask(app, 'POST', '/v1/vms/vm-1/fork');
  await run(app, 'vm-2', [MOV('0x103000')]);
  const { json } = await ask(app, 'POST', '/v1/vms/vm-2/fork', { policy: 'need-sync' });
  const { events } = (await ask(app, 'GET', `/v1/vms/${json.id}/events?kind=command`)).json;
  expect(events.length).toBe(6);
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  const orphan = await ask(app, 'POST', '/v1/vms/vm-2/fork', { policy: 'need-sync' });
  expect([orphan.status, orphan.json.code, orphan.json.detail]).toEqual([
    409,
    'beginning-unknown',
    'Cannot fork VM "vm-2" with changes: VM "vm-2" was forked from VM "vm-1", which is deleted',
  ]);
});

test('a command that another kernel refuses stops the fork, and leaves nothing', async () => {
  const app = await startApp();
  await prepare(app);
  await run(app, 'vm-1', [{ kind: 'make-request', vcpu: 0, request: 'MMU_FREE_OBSOLETE_ROOTS' }]);
  const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/fork', { kernel: '5.13' });
  expect([status, json.code, json.index, json.detail]).toEqual([
    409,
    'command-refused',
    5,
    'Cannot run "make-request": kernel 5.13.0 has no KVM_REQ_MMU_FREE_OBSOLETE_ROOTS (command 5 of the batch; 5 applied)',
  ]);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(1);
});

test('a command on which the model fails stops the fork, and leaves nothing', async () => {
  const app = await startApp({
    model: {
      step: (vm, command, emit) => {
        if (vm.config.kernel === '5.13' && command.kind === 'enter') throw new Error('broken');
        return step(vm, command, emit);
      },
    },
  });
  await prepare(app);
  const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/fork', { kernel: '5.13' });
  expect([status, json.code, json.index]).toEqual([409, 'vm-poisoned', 1]);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(1);
});

test('a VM that has failed takes no snapshot, but can be taken back', async () => {
  let broken = true;
  const app = await startApp({
    model: {
      step: (vm, command, emit) => {
        if (command.kind === 'zap-all' && broken) {
          step(vm, command, emit);
          throw new Error('broken');
        }
        return step(vm, command, emit);
      },
    },
  });
  await prepare(app);
  const sound = await digest(app, 'vm-1');
  await ask(app, 'POST', '/v1/vms/vm-1/snapshots', { name: 'sound' });
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/zap-all');
  const refused = await ask(app, 'POST', '/v1/vms/vm-1/snapshots', { name: 'late' });
  expect([refused.status, refused.json.code, refused.json.detail]).toEqual([
    409,
    'vm-poisoned',
    'Cannot take snapshot "late": VM "vm-1" has failed, the model failed on "zap-all" (broken); reset it or restore a snapshot',
  ]);
  // Before the command that failed.
  expect(await digest(app, 'vm-1')).toBe(sound);
  expect((await ask(app, 'POST', '/v1/vms/vm-1/fork')).status).toBe(201);
  await ask(app, 'POST', '/v1/vms/vm-1/snapshots/sound/restore');
  expect(await digest(app, 'vm-1')).toBe(sound);
  expect((await ask(app, 'GET', '/v1/vms/vm-1')).json.poisoned).toBe(false);
  broken = false;
  expect((await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/zap-all')).status).toBe(200);
});

test.each([
  ['vms', 1, 'vm-limit-reached', 'Cannot create VM: there are 1, the bound; delete one'],
  ['vcpus', 1, 'vcpu-limit-reached', 'Cannot create VM: room for 0 of 1 vCPUs is left; delete VMs'],
  [
    'memoryPages',
    3,
    'memory-limit-reached',
    'Cannot create VM: room for 0 of 3 pages is left; delete VMs',
  ],
])('%s bounds forks as well', async (limit, bound, code, detail) => {
  const app = await startApp({ limits: { [limit]: bound } });
  await prepare(app, { memory: { words: [] } });
  const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/fork');
  expect([status, json.code, json.detail]).toEqual([429, code, detail]);
});

test('a VM is not taken back where there is no room for what it was', async () => {
  const app = await startApp({ limits: { memoryPages: 3 } });
  await ask(app, 'POST', '/v1/vms', {});
  await run(app, 'vm-1', [MOV('0x100000'), ENTER, MOV('0x101000'), ENTER]);
  await ask(app, 'POST', '/v1/vms/vm-1/snapshots', { name: 'full' });
  await ask(app, 'POST', '/v1/vms/vm-1/reset');
  const words = ['0x0', '0x1000'].map((gpa) => ({ gpa, value: '0x1' }));
  await ask(app, 'POST', '/v1/vms', { memory: { words } });
  const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/snapshots/full/restore');
  expect([status, json.code, json.detail]).toEqual([
    429,
    'memory-limit-reached',
    'Cannot take VM "vm-1" back: room for 1 of 3 pages is left; delete VMs',
  ]);
});

test('the digest names the version of the model', async () => {
  const app = await startApp();
  await prepare(app);
  const { status, headers, json } = await ask(app, 'GET', '/v1/vms/vm-1/digest');
  expect([status, json.vm, json.version]).toEqual([200, 'vm-1', VERSION]);
  expect(headers['mmulab-version']).toBe(VERSION);
  expect(json.state).toMatch(/^sha256:[0-9a-f]{64}$/);
});

const BODY_ROUTES = [
  '/v1/vms/vm-1/reset',
  '/v1/vms/vm-1/fork',
  '/v1/vms/vm-1/snapshots',
  '/v1/vms/vm-1/snapshots/s/restore',
  '/v1/cases',
];

test.each(BODY_ROUTES)('POST %s takes JSON that it knows, from its own pages', async (url) => {
  const app = await shared();
  const json = { 'content-type': 'application/json' };
  const statusOf = async (payload: string | object, headers?: Record<string, string>) => {
    const answer = await ask(app, 'POST', url, payload, headers);
    return [answer.status, answer.json.code];
  };
  expect(await statusOf({ nope: 1 })).toEqual([400, 'invalid-request']);
  expect(await statusOf('{', json)).toEqual([400, 'malformed-json']);
  expect(await statusOf('{}', { ...json, origin: 'http://evil.test' })).toEqual([
    403,
    'origin-refused',
  ]);
  expect(await statusOf(`"${'x'.repeat(600)}"`, json)).toEqual([413, 'body-too-large']);
  expect(await statusOf('a', { 'content-type': 'text/plain' })).toEqual([
    415,
    'unsupported-media-type',
  ]);
});

test.each([
  ['POST', '/v1/vms/vm-9/reset'],
  ['POST', '/v1/vms/vm-9/fork'],
  ['GET', '/v1/vms/vm-9/digest'],
  ['POST', '/v1/vms/vm-9/snapshots'],
  ['GET', '/v1/vms/vm-9/snapshots'],
  ['GET', '/v1/vms/vm-9/snapshots/s'],
  ['DELETE', '/v1/vms/vm-9/snapshots/s'],
  ['POST', '/v1/vms/vm-9/snapshots/s/restore'],
  ['GET', '/v1/vms/vm-9/diff?from=0'],
  ['GET', '/v1/diff?a=vm-9&b=vm-9'],
  ['GET', '/v1/vms/vm-9/case'],
] as const)('%s %s: no such VM', async (method, url) => {
  const app = await shared();
  const payload = url.endsWith('snapshots') && method === 'POST' ? { name: 's' } : undefined;
  const { status, json } = await ask(app, method, url, payload);
  expect([status, json.code]).toEqual([404, 'vm-not-found']);
});

test('a page of another origin deletes no snapshot', async () => {
  const app = await startApp();
  const headers = { origin: 'http://evil.test' };
  const { status } = await ask(app, 'DELETE', '/v1/vms/vm-1/snapshots/s', undefined, headers);
  expect(status).toBe(403);
});

test.each(['', '.hidden', 'a/b', 'x'.repeat(65), 'ä'])(
  '"%s" is no name of a snapshot',
  async (name) => {
    const app = await shared();
    const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/snapshots', { name });
    expect([status, json.errors[0].path]).toEqual([400, '/name']);
  },
);
