import { expect, test } from 'vitest';
import { ask, startApp } from './start.js';

const CONFIG = { vcpus: 1, policy: 'mainline', paging: 'shadow' };

test('a VM is created, read, listed and deleted', async () => {
  const app = await startApp();
  const created = await ask(app, 'POST', '/v1/vms', CONFIG);
  expect(created.status).toBe(201);
  expect(created.headers.location).toBe('/v1/vms/vm-1');
  expect(created.json).toMatchObject({
    id: 'vm-1',
    seq: 0,
    poisoned: false,
    vcpus: 1,
    policy: 'mainline',
    kernel: '6.1',
    vendor: 'vmx',
    paging: 'shadow',
    prevRoots: 3,
    registers: { cr0: '0x80010033', cr3: '0x0', cr4: '0xa0', efer: '0x500' },
    memory: { memslots: [{ gpa: '0x0', bytes: 4294967296 }], words: [], fills: [] },
  });

  const read = await ask(app, 'GET', '/v1/vms/vm-1');
  expect(read.status).toBe(200);
  expect(read.json).toEqual(created.json);

  const deleted = await ask(app, 'DELETE', '/v1/vms/vm-1');
  expect([deleted.status, deleted.json]).toEqual([204, '']);
  for (const method of ['GET', 'DELETE'] as const) {
    expect((await ask(app, method, '/v1/vms/vm-1')).json).toEqual({
      type: 'urn:mmulab:problem:vm-not-found',
      title: 'Not Found',
      status: 404,
      detail: 'Cannot find VM "vm-1": no such VM',
      code: 'vm-not-found',
      instance: '/v1/vms/vm-1',
    });
  }
});

test('an empty body creates a VM of defaults', async () => {
  const app = await startApp();
  expect((await ask(app, 'POST', '/v1/vms')).status).toBe(201);
  const empty = await ask(app, 'POST', '/v1/vms', '', { 'content-type': 'application/json' });
  expect(empty.status).toBe(201);
});

test('VMs are listed by pages, in the order of their creation', async () => {
  const app = await startApp();
  for (let i = 0; i < 5; i += 1) await ask(app, 'POST', '/v1/vms', CONFIG);
  await ask(app, 'DELETE', '/v1/vms/vm-2');
  const pages: unknown[] = [];
  let cursor: string | null = '0';
  while (cursor !== null) {
    const { status, json } = await ask(app, 'GET', `/v1/vms?limit=2&cursor=${cursor}`);
    expect(status).toBe(200);
    expect(json.total).toBe(4);
    pages.push(json.vms.map(({ id }: { id: string }) => id));
    cursor = json.next;
  }
  expect(pages).toEqual([
    ['vm-1', 'vm-3'],
    ['vm-4', 'vm-5'],
  ]);
});

test('bad input is named, field by field', async () => {
  const app = await startApp();
  const { status, headers, json } = await ask(app, 'POST', '/v1/vms', {
    vcpus: 0,
    polcy: 'mainline',
    registers: { cr3: '0X10' },
    cpuid: { 'a/b~c': true },
  });
  expect(status).toBe(400);
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(json).toMatchObject({ code: 'invalid-request', status: 400, instance: '/v1/vms' });
  expect(json.errors.map((flaw: { path: string }) => flaw.path)).toEqual([
    '/vcpus',
    '/cpuid/a~1b~0c',
    '/registers/cr3',
    '/polcy',
  ]);
  expect(json.errors[3]).toEqual({ in: 'body', path: '/polcy', message: 'unknown field' });
});

test.each([
  ['policy', { policy: 'nope' }, '/policy'],
  ['kernel', { kernel: '2.4' }, '/kernel'],
  ['vcpus too many', { vcpus: 65 }, '/vcpus'],
  ['vcpus no number', { vcpus: '1' }, '/vcpus'],
  ['not an object', [], ''],
])('a VM with a bad %s is refused', async (_what, payload, path) => {
  const app = await startApp();
  const { status, json } = await ask(app, 'POST', '/v1/vms', payload);
  expect([status, json.code, json.errors[0].path]).toEqual([400, 'invalid-request', path]);
});

test.each([
  ['vmsMax', 'vm-limit-reached', 'Cannot create VM: there are 2, the bound'],
  ['vcpusMax', 'vcpu-limit-reached', 'Cannot create VM: room for 0 of 2 vCPUs is left'],
  [
    'memoryWordsMax',
    'memory-limit-reached',
    'Cannot create VM: room for 0 of 2 words of memory is left',
  ],
])('%s bounds the fleet, and a deletion makes room', async (limit, code, detail) => {
  const app = await startApp({ limits: { [limit]: 2 } });
  const config = { memory: { words: [{ gpa: '0x0', value: '0x1' }] } };
  for (let i = 0; i < 2; i += 1)
    expect((await ask(app, 'POST', '/v1/vms', config)).status).toBe(201);
  const { status, json } = await ask(app, 'POST', '/v1/vms', config);
  expect([status, json.code, json.detail]).toEqual([429, code, detail]);
  await ask(app, 'DELETE', '/v1/vms/vm-1');
  expect((await ask(app, 'POST', '/v1/vms', config)).json.id).toBe('vm-3');
});

test('10,000 VMs are the bound unless told otherwise', async () => {
  const app = await startApp();
  for (let i = 0; i < 10_000; i += 1) await app.inject({ method: 'POST', url: '/v1/vms' });
  const { status, json } = await ask(app, 'POST', '/v1/vms');
  expect([status, json.detail]).toEqual([429, 'Cannot create VM: there are 10000, the bound']);
  expect((await ask(app, 'GET', '/v1/vms?cursor=9999')).json.vms[0].id).toBe('vm-10000');
}, 60_000);

test('a list takes only a cursor and a limit in range', async () => {
  const app = await startApp();
  for (const query of ['cursor=x', 'limit=0', 'limit=1001', 'tag=a']) {
    expect((await ask(app, 'GET', `/v1/vms?${query}`)).status, query).toBe(400);
  }
});
