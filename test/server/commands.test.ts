import { expect, test } from 'vitest';
import { COMMAND_KINDS, COMMANDS } from '../../src/mmu/schema/index.js';
import { ask, shareApp, startApp } from './start.js';

/** For refusals, and for commands that may befall a VM in any state. */
const shared = shareApp((app) => ask(app, 'POST', '/v1/vms'));

const BATCH = '/v1/vms/vm-1/commands';
const LOAD = { kind: 'load-root', vcpu: 0, pgd: '0x100000' };

async function startVm(config = {}) {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', config);
  return app;
}

test('a command answers what it did, numbered by one counter', async () => {
  const app = await startVm();
  const miss = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/load-root', { pgd: '0x100000' });
  expect(miss.status).toBe(200);
  expect(miss.json.seq).toBe(1);
  expect(miss.json.outcome).toEqual({ kind: 'ok' });
  expect(miss.json.events.map(({ seq }: { seq: number }) => seq)).toEqual(
    miss.json.events.map((_: unknown, i: number) => i + 2),
  );
  expect(miss.json.events[0]).toEqual({
    type: 'event',
    vm: 'vm-1',
    seq: 2,
    command: 1,
    causedBy: null,
    vcpu: 0,
    event: { kind: 'root-missed', mmu: 'root', pgd: '0x100000' },
  });
  const enter = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  expect(enter.json.seq).toBe(2 + miss.json.events.length);
  const state = await ask(app, 'GET', '/v1/vms/vm-1/vcpus/0');
  expect(state.status).toBe(200);
  expect(state.json.rootMmu.root).toEqual({ pgd: '0x100000', hpa: '0x100000000', unsync: false });
  const all = await ask(app, 'GET', '/v1/vms/vm-1/vcpus');
  expect(all.status).toBe(200);
  expect(all.json).toEqual({ seq: enter.json.seq + enter.json.events.length, vcpus: [state.json] });
});

test('a request that is serviced names its making as the cause', async () => {
  const app = await startVm();
  const url = '/v1/vms/vm-1/vcpus/0';
  await ask(app, 'POST', `${url}/enter`);
  const made = await ask(app, 'POST', `${url}/make-request`, { request: 'TLB_FLUSH_GUEST' });
  const { seq } = made.json.events.find(
    ({ event }: { event: { kind: string } }) => event.kind === 'request-made',
  );
  const entered = await ask(app, 'POST', `${url}/enter`);
  const serviced = entered.json.events.filter(
    ({ event }: { event: { kind: string } }) => event.kind === 'request-serviced',
  );
  expect(serviced.map(({ event, causedBy }: never) => [event, causedBy])).toEqual([
    [{ kind: 'request-serviced', request: 'TLB_FLUSH_GUEST' }, seq],
  ]);
});

test.each(COMMAND_KINDS)('%s: an endpoint of its own', async (kind) => {
  const app = await shared();
  const url = `/v1/vms/vm-1/vcpus/0/${kind}`;
  const unknown = await ask(app, 'POST', url, { nope: 1 });
  expect(unknown.status).toBe(400);
  expect(unknown.json.errors).toContainEqual({
    in: 'body',
    path: '/nope',
    message: 'unknown field',
  });
  const empty = await ask(app, 'POST', url);
  const allowed = COMMANDS[kind].body.safeParse({}).success;
  expect(empty.status === 400).toBe(!allowed);
  const noVm = await ask(app, 'POST', `/v1/vms/nope/vcpus/0/${kind}`, VALID[kind]);
  expect([noVm.status, noVm.json.code]).toEqual([404, 'vm-not-found']);
  const noVcpu = await ask(app, 'POST', `/v1/vms/vm-1/vcpus/9/${kind}`, VALID[kind]);
  expect([noVcpu.status, noVcpu.json.detail]).toEqual([404, `Cannot run "${kind}": no vCPU 9`]);
  const done = await ask(app, 'POST', url, VALID[kind]);
  expect([200, 409]).toContain(done.status);
  if (done.status === 409) expect(done.json.code).toBe('command-refused');
});

const address = '0x1000';
const VALID: Partial<Record<string, object>> = {
  'mov-cr0': { value: '0x80010033' },
  'mov-cr3': { value: '0x100000' },
  'mov-cr4': { value: '0xa0' },
  'wrmsr-efer': { value: '0x500' },
  'wrmsr-pkrs': { value: '0x0' },
  wrpkru: { value: '0x0' },
  invlpg: { gva: '0x0' },
  invpcid: { type: 1, pcid: 1, gva: '0x0' },
  vmxon: { address },
  vmclear: { address },
  vmptrld: { address },
  vmread: { field: '0x0' },
  vmwrite: { field: '0x0', value: '0x1' },
  invept: { type: 1, eptp: '0x10001e' },
  invvpid: { type: 1, vpid: 1, gva: '0x0' },
  'pv-flush': { vcpus: [0] },
  'hv-flush': { call: 'HvCallFlushVirtualAddressSpace' },
  'load-root': { pgd: '0x100000' },
  'make-request': { request: 'TLB_FLUSH' },
  read: { gva: '0x0' },
  write: { gva: '0x0', value: '0x1' },
  execute: { gva: '0x0' },
  'set-memslot': { slot: 1, memslot: null },
  'dirty-log': { slot: 0, enabled: true },
  'get-dirty-log': { slot: 0 },
  vmrun: { nestedCr3: '0x1000' },
  'clear-dirty-log': { slot: 0, pages: 64 },
  'host-write': { gpa: '0x1000', value: '0x1' },
  unmap: { gpa: '0x0' },
  map: { root: '0x100000', address: '0x0', gpa: '0x0', tables: '0x200000' },
  'free-roots': { mmu: 'root' },
};

test.each([
  ['1'],
  ['0x'],
  ['0x1g'],
  [' 0x1'],
  ['x1'],
  ['0x10000000000000000'],
  ['0x1\n'],
  [1],
  [null],
])('mov-cr3 refuses the value %j', async (value) => {
  const app = await shared();
  const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', { value });
  expect([status, json.errors]).toEqual([
    400,
    [{ in: 'body', path: '/value', message: 'not a 64-bit value in hex, such as "0x1000"' }],
  ]);
});

test('a batch is applied in order, with its events if they are wanted', async () => {
  const app = await startVm();
  const commands = [LOAD, { kind: 'enter', vcpu: 0 }];
  const plain = await ask(app, 'POST', BATCH, commands);
  expect(plain.status).toBe(200);
  expect(plain.json.results.length).toBe(2);
  expect(plain.json.results[0]).toEqual({ seq: 1, outcome: { kind: 'ok' } });
  const full = await ask(app, 'POST', `${BATCH}?events=true`, commands);
  for (const { seq, events } of full.json.results) {
    for (const event of events) expect(event.command).toBe(seq);
  }
});

test('the first command that is refused stops a batch', async () => {
  const app = await startVm();
  const refused = { kind: 'vmexit', vcpu: 0 };
  const { status, json } = await ask(app, 'POST', BATCH, [LOAD, refused, LOAD]);
  expect(status).toBe(409);
  const { json: vm } = await ask(app, 'GET', '/v1/vms/vm-1');
  expect(json).toEqual({
    type: 'urn:mmulab:problem:command-refused',
    title: 'Conflict',
    status: 409,
    detail: 'Cannot run "vmexit": vCPU 0 is not running L2 (command 1 of the batch; 1 applied)',
    code: 'command-refused',
    instance: BATCH,
    requestId: expect.any(String),
    applied: 1,
    index: 1,
    seq: vm.seq,
  });
});

test('a batch that names an unknown vCPU is refused before anything is applied', async () => {
  const app = await startVm();
  const { status, json } = await ask(app, 'POST', BATCH, [LOAD, { ...LOAD, vcpu: 9 }]);
  expect([status, json.code, json.applied, json.index, json.seq]).toEqual([
    404,
    'vcpu-not-found',
    0,
    1,
    0,
  ]);
});

test.each([
  ['empty', [], 400, 'invalid-request', ''],
  ['of an unknown kind', [{ kind: 'nope', vcpu: 0 }], 400, 'invalid-request', '/0/kind'],
  ['with an unknown field', [{ ...LOAD, x: 1 }], 400, 'invalid-request', '/0/x'],
  ['with an impossible vCPU', [{ ...LOAD, vcpu: 64 }], 400, 'invalid-request', '/0/vcpu'],
  ['that is no array', {}, 400, 'invalid-request', ''],
  ['of 10,001', Array.from({ length: 10_001 }, () => LOAD), 413, 'batch-too-long', undefined],
])('a batch %s is refused', async (_what, payload, status, code, path) => {
  const app = await shared();
  const answer = await ask(app, 'POST', BATCH, payload);
  expect([answer.status, answer.json.code, answer.json.errors?.[0].path]).toEqual([
    status,
    code,
    path,
  ]);
});

test('a failure of ours stops that VM alone, and leaves no hole in its history', async () => {
  let fails = false;
  const { step } = await import('../../src/mmu/index.js');
  const app = await startApp({
    model: {
      step: (vm, command, emit) => {
        const outcome = step(vm, command, emit);
        if (fails) throw new Error('assert: a root without a page');
        return outcome;
      },
    },
  });
  for (let i = 0; i < 2; i += 1) await ask(app, 'POST', '/v1/vms');
  await ask(app, 'POST', BATCH, [LOAD]);
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  fails = true;
  const broken = await ask(app, 'POST', BATCH, [LOAD]);
  fails = false;
  expect([broken.status, broken.json.code, broken.json.applied]).toEqual([409, 'vm-poisoned', 0]);
  const why =
    'VM "vm-1" has failed, the model failed on "load-root" (assert: a root without a page); reset it or restore a snapshot';
  expect(broken.json.detail).toBe(
    `Cannot run "load-root": ${why} (command 0 of the batch; 0 applied)`,
  );
  const later = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  expect([later.status, later.json.detail]).toEqual([409, `Cannot run "enter": ${why}`]);
  expect((await ask(app, 'GET', '/v1/vms/vm-1')).json).toMatchObject({
    seq,
    poisoned: true,
    failure: 'load-root: assert: a root without a page',
  });
  expect((await ask(app, 'GET', '/v1/vms/vm-1/events')).json.events.length).toBe(seq);
  expect((await ask(app, 'POST', '/v1/vms/vm-2/vcpus/0/enter')).status).toBe(200);
});

test('a vCPU that is not there is named', async () => {
  const app = await startVm();
  expect((await ask(app, 'GET', '/v1/vms/vm-1/vcpus/1')).json).toMatchObject({
    status: 404,
    code: 'vcpu-not-found',
    detail: 'Cannot read vCPU 1: no vCPU 1',
  });
  expect((await ask(app, 'GET', '/v1/vms/nope/vcpus')).status).toBe(404);
  expect((await ask(app, 'GET', '/v1/vms/vm-1/vcpus/x')).status).toBe(400);
});

test('two VMs share nothing', async () => {
  const app = await startVm();
  await ask(app, 'POST', '/v1/vms', { policy: 'need-sync' });
  const before = await ask(app, 'GET', '/v1/vms/vm-2/vcpus/0');
  await ask(app, 'POST', BATCH, [LOAD, { kind: 'enter', vcpu: 0 }]);
  expect((await ask(app, 'GET', '/v1/vms/vm-2/vcpus/0')).json).toEqual(before.json);
  expect((await ask(app, 'GET', '/v1/vms/vm-2')).json.seq).toBe(0);
  const first = await ask(app, 'POST', '/v1/vms/vm-2/vcpus/0/load-root', { pgd: '0x100000' });
  expect(first.json.seq).toBe(1);
});
