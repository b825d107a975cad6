import { expect, test } from 'vitest';
import { CountedTurns } from './counted-turns.js';
import { ask, type Frame, startApp } from './start.js';

const MAP = { root: '0x100000', address: '0x8000000000', gpa: '0x200000', tables: '0x300000' };

test('two moments differ where a command changed something', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', { registers: { cr3: '0x100000' } });
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/map', MAP);
  const before = (await ask(app, 'GET', '/v1/vms/vm-1')).json.seq;
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/write', { gva: '0x8000000008', value: '0x77' });
  const { seq } = (await ask(app, 'GET', '/v1/vms/vm-1')).json;
  const { status, json } = await ask(app, 'GET', `/v1/vms/vm-1/diff?from=${before}`);
  expect([status, json.a, json.b, json.complete]).toEqual([
    200,
    { vm: 'vm-1', seq: before },
    { vm: 'vm-1', seq },
    true,
  ]);
  const at = (path: string) => json.differences.find((d: Frame) => d.path === path);
  expect(at('/memory/0x200008')).toEqual({ path: '/memory/0x200008', a: '0x0', b: '0x77' });
  expect(at('/vcpus/0/rootMmu/root')).toEqual({ path: '/vcpus/0/rootMmu/root', a: null });
  expect(at('/vcpus/0/rootMmu/root/pgd')).toEqual({
    path: '/vcpus/0/rootMmu/root/pgd',
    b: '0x100000',
  });
  expect(at('/vcpus/0/tlb/linear 1 0/0x8000000000/gpa')).toEqual({
    path: '/vcpus/0/tlb/linear 1 0/0x8000000000/gpa',
    b: '0x200000',
  });
  expect(at('/shadowPages/0x100000000/gfn')).toEqual({
    path: '/shadowPages/0x100000000/gfn',
    b: 256,
  });
  expect(at('/shadowPages/0x100000000/entries/1/child')).toEqual({
    path: '/shadowPages/0x100000000/entries/1/child',
    b: '0x100001000',
  });

  const back = await ask(app, 'GET', `/v1/vms/vm-1/diff?from=${seq}&to=${before}&limit=3`);
  expect([back.json.complete, back.json.differences.length]).toEqual([false, 3]);
  const turned = json.differences
    .filter(({ path }: Frame) => path === back.json.differences[0].path)
    .map(({ path, a, b }: Frame) => ({ path, a: b, b: a }));
  expect(turned).toEqual([back.json.differences[0]]);
  const none = await ask(app, 'GET', `/v1/vms/vm-1/diff?from=${seq}&to=${seq}`);
  expect(none.json).toMatchObject({ differences: [], complete: true });
});

test('two VMs differ in configuration and state', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', { vcpus: 2 });
  const commands = [
    { kind: 'mov-cr3', vcpu: 0, value: '0x100000' },
    { kind: 'mov-cr3', vcpu: 0, value: '0x101000' },
    { kind: 'mov-cr3', vcpu: 0, value: '0x100000' },
  ];
  await ask(app, 'POST', '/v1/vms/vm-1/commands', commands);
  await ask(app, 'POST', '/v1/vms/vm-1/fork', { policy: 'never-cache' });
  const { status, json } = await ask(app, 'GET', '/v1/diff?a=vm-1&b=vm-2');
  expect(status).toBe(200);
  expect(json.differences[0]).toEqual({
    path: '/config/policy',
    a: 'mainline',
    b: 'never-cache',
  });
  const reused = '/vcpus/0/counters/reusedPrevious';
  expect(json.differences).toContainEqual({ path: reused, a: 1, b: 0 });
  expect(json.differences.filter(({ path }: Frame) => path.startsWith('/vcpus/1'))).toEqual([]);
  const start = await ask(app, 'GET', '/v1/diff?a=vm-1&b=vm-2&aSeq=0&bSeq=0');
  expect(start.json).toMatchObject({
    differences: [{ path: '/config/policy' }],
    a: { seq: 0 },
    b: { seq: 0 },
  });
});

test('vCPUs, VMCS regions and memslots that only one VM has are told', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', { registers: { cr4: '0x20a0' } });
  await ask(app, 'POST', '/v1/vms', {
    vcpus: 2,
    registers: { cr4: '0x20a0' },
    memory: {
      memslots: [
        { gpa: '0x0', bytes: 2 ** 32 },
        { gpa: '0x100000000', bytes: 4096 },
      ],
    },
  });
  await ask(app, 'POST', '/v1/vms/vm-1/commands', [
    { kind: 'vmxon', vcpu: 0, address: '0x1000' },
    { kind: 'vmclear', vcpu: 0, address: '0x2000' },
    { kind: 'vmptrld', vcpu: 0, address: '0x2000' },
    { kind: 'vmwrite', vcpu: 0, field: 'HOST_CR3', value: '0x500000' },
  ]);
  const { json } = await ask(app, 'GET', '/v1/diff?a=vm-1&b=vm-2');
  expect(json.differences).toEqual(
    expect.arrayContaining([
      { path: '/config/vcpus', a: 1, b: 2 },
      { path: '/vcpus/1/mode', b: 'host' },
      { path: '/vmcs12s/0x2000/launched', a: false },
      { path: '/vmcs12s/0x2000/fields/0x6c02', a: '0x500000' },
      { path: '/memslots/1/pageCount', b: 1 },
    ]),
  );
});

test.each([
  ['/v1/vms/vm-1/diff', '/from'],
  ['/v1/vms/vm-1/diff?from=x', '/from'],
  ['/v1/vms/vm-1/diff?from=0&limit=0', '/limit'],
  ['/v1/vms/vm-1/diff?from=0&limit=10001', '/limit'],
  ['/v1/diff?a=vm-1', '/b'],
  ['/v1/diff?a=vm-1&b=vm-1&seq=0', '/seq'],
])('GET %s is refused at its place', async (url, path) => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', {});
  const { status, json } = await ask(app, 'GET', url);
  expect([status, json.code, json.errors[0].path]).toEqual([400, 'invalid-request', path]);
});

test('what is to come and what is forgotten have no difference', async () => {
  const app = await startApp({ limits: { historyRecordsPerVm: 300 } });
  await ask(app, 'POST', '/v1/vms', {});
  const enter = { kind: 'enter', vcpu: 0 };
  await ask(
    app,
    'POST',
    '/v1/vms/vm-1/commands',
    Array.from({ length: 400 }, () => enter),
  );
  for (const url of ['/v1/vms/vm-1/diff?from=0', '/v1/diff?a=vm-1&b=vm-1&bSeq=0']) {
    const { status, json } = await ask(app, 'GET', url);
    expect([status, json.code, typeof json.oldest]).toEqual([410, 'events-expired', 'number']);
  }
  const late = await ask(app, 'GET', '/v1/vms/vm-1/diff?from=99999');
  expect([late.status, late.json.code]).toEqual([400, 'invalid-request']);
});

test('while large states are compared, others have their turns', async () => {
  const turns = new CountedTurns();
  const app = await startApp({ turns });
  const fills = [{ gpa: '0x0', count: 2000, stride: 4096, first: '0x1', step: '0x1' }];
  for (let i = 0; i < 2; i += 1) await ask(app, 'POST', '/v1/vms', { memory: { fills } });
  turns.waits = 0;
  const { json } = await ask(app, 'GET', '/v1/diff?a=vm-1&b=vm-2');
  expect([json.differences, json.complete]).toEqual([[], true]);
  // A page is a piece, and a piece takes a fifth of a turn; two are for the rest of the states.
  expect(turns.waits).toBe(2000 / 5 + 2);
});
