import { expect, test } from 'vitest';
import { ask, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp();

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
      requestId: expect.any(String),
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
    registers: { cr3: '0X1G' },
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
  const app = await shared();
  const { status, json } = await ask(app, 'POST', '/v1/vms', payload);
  expect([status, json.code, json.errors[0].path]).toEqual([400, 'invalid-request', path]);
});

test.each([
  ['vms', 'vm-limit-reached', 'Cannot create VM: there are 2, the bound; delete one'],
  ['vcpus', 'vcpu-limit-reached', 'Cannot create VM: room for 0 of 2 vCPUs is left; delete VMs'],
  [
    'memoryPages',
    'memory-limit-reached',
    'Cannot create VM: room for 0 of 2 pages is left; delete VMs',
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

test('a VM that took more than its share gets no more room; another goes on', async () => {
  const app = await startApp({ limits: { memoryPages: 6 } });
  for (let i = 0; i < 2; i += 1) await ask(app, 'POST', '/v1/vms', {});
  const loadRoots = (vm: string, roots: readonly string[]) =>
    ask(
      app,
      'POST',
      `/v1/vms/${vm}/commands`,
      roots.flatMap((pgd) => [
        { kind: 'load-root', vcpu: 0, pgd },
        { kind: 'enter', vcpu: 0 },
      ]),
    );
  await loadRoots('vm-1', ['0x1000', '0x2000', '0x3000', '0x4000', '0x5000', '0x6000']);
  const { status, json } = await loadRoots('vm-1', ['0x7000']);
  expect([status, json.code, json.detail]).toEqual([
    429,
    'memory-limit-reached',
    'Cannot run "load-root": the VMs hold 6 pages, the bound, and VM "vm-1" holds 6 of them; its share is 3 (command 0 of the batch; 0 applied)',
  ]);
  expect((await loadRoots('vm-2', ['0x1000'])).status).toBe(200);
  expect((await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/zap-all', {})).status).toBe(200);
});

test('10,000 VMs are the bound unless told otherwise', async () => {
  const app = await startApp();
  for (let i = 0; i < 10_000; i += 1) await app.inject({ method: 'POST', url: '/v1/vms' });
  const { status, json } = await ask(app, 'POST', '/v1/vms');
  expect([status, json.detail]).toEqual([
    429,
    'Cannot create VM: there are 10000, the bound; delete one',
  ]);
  expect((await ask(app, 'GET', '/v1/vms?cursor=9999')).json.vms[0].id).toBe('vm-10000');
});

test('a list takes only a cursor and a limit in range', async () => {
  const app = await startApp();
  for (const query of ['cursor=x', 'limit=0', 'limit=1001', 'tag=a']) {
    expect((await ask(app, 'GET', `/v1/vms?${query}`)).status, query).toBe(400);
  }
});

const WORDS = (...gpas: string[]) => ({ words: gpas.map((gpa) => ({ gpa, value: '0x1' })) });
const FILL = { gpa: '0x0', count: 512, stride: 8, first: '0x0', step: '0x1000' };
const GIB = 2 ** 30;

test.each<[string, object, string, string]>([
  [
    'a high bit of CR0',
    { registers: { cr0: '0x180010033' } },
    '/registers/cr0',
    'a bit from 63 to 32 is set',
  ],
  [
    'a high bit of CR4',
    { registers: { cr4: '0x1000000a0' } },
    '/registers/cr4',
    'a bit from 63 to 32 is set',
  ],
  [
    'a high bit of EFER',
    { registers: { efer: '0x8000000000000500' } },
    '/registers/efer',
    'a bit from 63 to 32 is set',
  ],
  ['PG without PE', { registers: { cr0: '0x80000000' } }, '/registers/cr0', 'PG is set without PE'],
  ['NW without CD', { registers: { cr0: '0xa0010033' } }, '/registers/cr0', 'NW is set without CD'],
  [
    'LMA without LME',
    { registers: { efer: '0x400' } },
    '/registers/efer',
    'LMA is set without LME and CR0.PG',
  ],
  [
    'LME and PG without LMA',
    { registers: { efer: '0x100' } },
    '/registers/efer',
    'LMA is clear under LME and CR0.PG',
  ],
  [
    'long mode without PAE',
    { registers: { cr4: '0x80' } },
    '/registers/cr4',
    'PAE is clear under EFER.LME and CR0.PG',
  ],
  [
    'a reserved bit of EFER',
    { registers: { efer: '0x502' } },
    '/registers/efer',
    'CPUID does not offer 0x2',
  ],
  [
    'NX without CPUID.NX',
    { cpuid: { nx: false }, registers: { efer: '0xd00' } },
    '/registers/efer',
    'CPUID does not offer 0x800',
  ],
  [
    'LA57 without CPUID.LA57',
    { registers: { cr4: '0x10a0' } },
    '/registers/cr4',
    'CPUID does not offer 0x1000',
  ],
  [
    'VMXE on another vendor',
    { vendor: 'svm', registers: { cr4: '0x20a0' } },
    '/registers/cr4',
    'CPUID does not offer 0x2000',
  ],
  [
    'CR3 beyond maxphyaddr',
    { maxphyaddr: 40, registers: { cr3: '0x10000000000' } },
    '/registers/cr3',
    'not an address of 40 bits',
  ],
  [
    'LAM under a kernel that does not know it',
    { kernel: '6.1', cpuid: { lam: true }, registers: { cr4: '0x100000a0' } },
    '/registers/cr4',
    'CPUID does not offer 0x10000000',
  ],
  [
    'overlapping memslots',
    {
      memory: {
        memslots: [
          { gpa: '0x0', bytes: 8192 },
          { gpa: '0x1000', bytes: 4096 },
        ],
      },
    },
    '/memory/memslots/1',
    'overlaps memslot 0',
  ],
  [
    'a memslot beyond maxphyaddr',
    { maxphyaddr: 36, memory: { memslots: [{ gpa: '0xfc0000000', bytes: 2 * GIB }] } },
    '/memory/memslots/0',
    'ends above an address of 36 bits',
  ],
  [
    'a memslot within a page',
    { memory: { memslots: [{ gpa: '0x800', bytes: 4096 }] } },
    '/memory/memslots/0/gpa',
    'not the address of a page',
  ],
  ['a crooked word', { memory: WORDS('0x0', '0x4') }, '/memory/words/1/gpa', 'not a multiple of 8'],
  ['a lost word', { memory: WORDS('0x100000000') }, '/memory/words/0/gpa', 'in no memslot'],
  [
    'a crooked fill',
    { memory: { fills: [{ ...FILL, gpa: '0xc' }] } },
    '/memory/fills/0/gpa',
    'not a multiple of 8',
  ],
  [
    'a fill that leaves its memslot',
    { memory: { fills: [FILL, { ...FILL, gpa: '0xfffff008' }] } },
    '/memory/fills/1',
    'runs outside every memslot',
  ],
  [
    'a fill whose values leave their range',
    { memory: { fills: [{ ...FILL, first: '0xfffffffffffff' }] } },
    '/memory/fills/0',
    'its values run past 2^52',
  ],
])('%s is refused at its place', async (_what, config, path, message) => {
  const app = await shared();
  const { status, json } = await ask(app, 'POST', '/v1/vms', config);
  expect([status, json.code]).toEqual([400, 'invalid-request']);
  expect(json.errors).toEqual([{ in: 'body', path, message }]);
});

test('what just fits is taken', async () => {
  const app = await startApp();
  const slots = [
    { gpa: '0x0', bytes: 4096 },
    { gpa: '0x1000', bytes: 4096 },
    { gpa: '0xfc0000000', bytes: GIB },
  ];
  const OVER = { ...FILL, gpa: '0x0', count: 2, stride: GIB };
  slots.push({ gpa: '0x40000000', bytes: 4096 });
  const configs = [
    { maxphyaddr: 36, memory: { memslots: slots, fills: [{ ...FILL, count: 1024 }] } },
    // A stride steps over what lies between two memslots.
    { maxphyaddr: 36, memory: { memslots: slots, fills: [OVER] } },
    { memory: WORDS('0xfffffff8') },
    { registers: { cr0: '0x11', cr4: '0x0', efer: '0x0', cr3: '0xfffffffffffff000' } },
    {
      kernel: '7.3',
      cpuid: { la57: true, lam: true },
      registers: { cr4: '0x100010a0', cr3: '0x6000000000001000' },
    },
  ];
  for (const config of configs) {
    const { status, json } = await ask(app, 'POST', '/v1/vms', config);
    expect([status, json.errors]).toEqual([201, undefined]);
  }
});

test('every problem of a configuration is told at once', async () => {
  const app = await startApp();
  const { json } = await ask(app, 'POST', '/v1/vms', {
    registers: { cr0: '0x80000000', efer: '0x502' },
    memory: { memslots: [{ gpa: '0x0', bytes: 4096 }], ...WORDS('0x1000', '0x8', '0x1004') },
  });
  expect(json.errors.map(({ path }: { path: string }) => path)).toEqual([
    '/memory/words/0/gpa',
    '/memory/words/2/gpa',
    '/memory/words/2/gpa',
    '/registers/cr0',
    '/registers/efer',
  ]);
});
