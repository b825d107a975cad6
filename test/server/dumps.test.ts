import { expect, test } from 'vitest';
import type { CommandInput, VmConfigInput } from '../../src/mmu/schema/index.js';
import { ask, type Frame, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp((app) => ask(app, 'POST', '/v1/vms'));

const VM = '/v1/vms/vm-1';
const ALL = { read: true, write: true, execute: true, user: true };
const EPT_ALL = { ...ALL, user: null };
const MIB16 = { memslots: [{ gpa: '0x0', bytes: 16 * 2 ** 20 }] };

/** A VM to which commands were applied, and what reads it. */
async function startVm(config: VmConfigInput, commands: readonly CommandInput[]) {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', config as object);
  const { json } = await ask(app, 'POST', `${VM}/commands`, commands as object[]);
  expect(json.results.map(({ outcome }: Frame) => outcome.kind)).toEqual(commands.map(() => 'ok'));
  return async (path: string) => await ask(app, 'GET', `${VM}${path}`);
}

/** Four pages at 0x400000, and at 0x600000 the table that maps them: writing it makes it unsync. */
const STALE: readonly CommandInput[] = [
  { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
  {
    kind: 'map',
    vcpu: 0,
    root: '0x1000',
    address: '0x400000',
    gpa: '0x100000',
    pages: 4,
    tables: '0x2000',
  },
  { kind: 'map', vcpu: 0, root: '0x1000', address: '0x600000', gpa: '0x4000', tables: '0x8000' },
  { kind: 'read', vcpu: 0, gva: '0x400008' },
  { kind: 'write', vcpu: 0, gva: '0x401000', value: '0x11' },
  { kind: 'write', vcpu: 0, gva: '0x600008', value: '0x103067' },
];

const PAGE = {
  direct: false,
  access: ALL,
  guestMode: false,
  invalid: false,
  quadrant: null,
  obsolete: false,
  rootCount: 0,
  unsync: false,
  unsyncChildren: 0,
  parentCount: 1,
};

/** The shadow of the address space at 0x1000, depth first. */
const TREE = [
  {
    ...PAGE,
    hpa: '0x100001000',
    gfn: 1,
    level: 4,
    role: '0x3704',
    rootCount: 1,
    unsyncChildren: 1,
    parentCount: 0,
    parents: [],
  },
  {
    ...PAGE,
    hpa: '0x100002000',
    gfn: 2,
    level: 3,
    role: '0x3703',
    unsyncChildren: 1,
    parents: [{ hpa: '0x100001000', index: 0 }],
  },
  {
    ...PAGE,
    hpa: '0x100003000',
    gfn: 3,
    level: 2,
    role: '0x3702',
    unsyncChildren: 1,
    parents: [{ hpa: '0x100002000', index: 0 }],
  },
  {
    ...PAGE,
    hpa: '0x100004000',
    gfn: 4,
    level: 1,
    role: '0x3701',
    unsync: true,
    parents: [{ hpa: '0x100003000', index: 2 }],
  },
  {
    ...PAGE,
    hpa: '0x100005000',
    gfn: 8,
    level: 1,
    role: '0x3701',
    parents: [{ hpa: '0x100003000', index: 3 }],
  },
];

const hpasOf = ({ json }: Frame) => json.pages.map(({ hpa }: Frame) => hpa);

test('shadow pages are listed as they were created, by frame, and below a root', async () => {
  const read = await startVm({ memory: MIB16 }, STALE);
  const all = await read('/shadow-pages');
  expect(all.status).toBe(200);
  expect([all.json.seq, all.json.total, all.json.next]).toEqual([36, 6, null]);
  expect(all.json.pages.slice(1)).toEqual(TREE);

  const below = await read('/shadow-pages?root=0x100001000');
  expect(below.json).toEqual({ pages: TREE, seq: 36, total: 5, next: null });
  expect(hpasOf(await read('/shadow-pages?gfn=4'))).toEqual(['0x100004000']);
  expect(hpasOf(await read('/shadow-pages?gfn=99'))).toEqual([]);
  expect(hpasOf(await read('/shadow-pages?root=0x100000000'))).toEqual(['0x100000000']);
  expect(hpasOf(await read('/shadow-pages?root=0x100000000&gfn=4'))).toEqual([]);
});

test('a long list comes in parts', async () => {
  const read = await startVm({ memory: MIB16 }, STALE);
  const parts: unknown[] = [];
  let cursor: string | null = '0';
  while (cursor !== null) {
    const part: Frame = await read(`/shadow-pages?limit=2&root=0x100001000&cursor=${cursor}`);
    expect(part.json.total).toBe(5);
    parts.push(hpasOf(part));
    cursor = part.json.next;
  }
  expect(parts).toEqual([
    ['0x100001000', '0x100002000'],
    ['0x100003000', '0x100004000'],
    ['0x100005000'],
  ]);
  expect(hpasOf(await read('/shadow-pages?cursor=7'))).toEqual([]);
});

test('a shadow page shows its entries: links above, leaves at level 1', async () => {
  const read = await startVm({ memory: MIB16 }, STALE);
  const plain = { rights: ALL, mmio: false, accessTracked: false };
  const link = { ...plain, gfn: null, accessed: true, dirty: false };
  const middle = await read('/shadow-pages/0x100003000');
  expect(middle.status).toBe(200);
  expect(middle.json).toEqual({
    entries: [
      { ...link, index: 2, child: '0x100004000' },
      { ...link, index: 3, child: '0x100005000' },
    ],
    seq: 36,
    page: TREE[2],
  });
  const leaf = { ...plain, child: null, dirty: true };
  const leaves = await read('/shadow-pages/0x100004000');
  expect(leaves.json.entries).toEqual([
    { ...leaf, index: 0, gfn: 256, accessed: true },
    { ...leaf, index: 1, gfn: 257, accessed: true },
    { ...leaf, index: 2, gfn: 258, accessed: false },
    { ...leaf, index: 3, gfn: 259, accessed: false },
  ]);
});

test('an entry without memory behind it, and one that allows little, say so', async () => {
  const words = [
    { gpa: '0x1000', value: '0x2067' },
    { gpa: '0x2000', value: '0x3067' },
    { gpa: '0x3000', value: '0x4067' },
    { gpa: '0x4000', value: '0x8000000000005061' },
    { gpa: '0x4040', value: '0xfee00067' },
  ];
  const registers = { cr3: '0x1000', efer: '0xd00' };
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', { memory: { ...MIB16, words }, registers });
  await ask(app, 'POST', `${VM}/vcpus/0/read`, { gva: '0x0' });
  const mmio = await ask(app, 'POST', `${VM}/vcpus/0/read`, { gva: '0x8008' });
  expect(mmio.json.outcome).toEqual({ kind: 'mmio', gpa: '0xfee00008' });
  const { json } = await ask(app, 'GET', `${VM}/shadow-pages/0x100003000`);
  const entry = { child: null, mmio: false, accessTracked: false };
  const rights = { read: true, write: false, execute: false, user: false };
  expect(json.entries).toEqual([
    { ...entry, index: 0, gfn: 5, rights, accessed: true, dirty: false },
    { ...entry, index: 8, gfn: 0xfee00, rights, accessed: false, dirty: false, mmio: true },
  ]);
});

test('below a PAE root lie the pages of its four entries', async () => {
  const words = [
    { gpa: '0x1000', value: '0x2001' },
    { gpa: '0x2000', value: '0x3067' },
    { gpa: '0x3000', value: '0x100067' },
  ];
  const registers = { cr3: '0x1000', efer: '0x0' };
  const read = await startVm({ memory: { ...MIB16, words }, registers }, [
    { kind: 'read', vcpu: 0, gva: '0x8' },
  ]);
  const { json } = await read('/vcpus/0');
  expect(json.rootMmu.root.hpa).toBe('0x100000000');
  expect(hpasOf(await read('/shadow-pages?root=0x100000000'))).toEqual([
    '0x100001000',
    '0x100002000',
  ]);
  expect((await read('/shadow-pages/0x100000000')).json.code).toBe('shadow-page-not-found');
});

test('the halves of a table of 4-byte entries are told apart by their quadrant', async () => {
  const words = [
    { gpa: '0x1000', value: '0x2067' },
    { gpa: '0x2000', value: '0x100067' },
  ];
  const registers = { cr3: '0x1000', efer: '0x0', cr4: '0x0' };
  const read = await startVm({ memory: { ...MIB16, words }, registers }, [
    { kind: 'read', vcpu: 0, gva: '0x8' },
  ]);
  const { json } = await read('/shadow-pages');
  expect(json.pages.map(({ gfn, level, quadrant }: Frame) => [gfn, level, quadrant])).toEqual([
    [1, 2, 0],
    [1, 2, 1],
    [1, 2, 2],
    [1, 2, 3],
    [2, 1, 0],
  ]);
});

test('the TLB is shown tag by tag, in parts where it is long', async () => {
  const read = await startVm({ memory: MIB16, registers: { cr4: '0x200a0' } }, [
    ...STALE.slice(0, 2),
    { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000001005' },
    { kind: 'enter', vcpu: 0 },
    { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000001000' },
    { kind: 'read', vcpu: 0, gva: '0x400008' },
    { kind: 'read', vcpu: 0, gva: '0x403000' },
    { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000001005' },
    { kind: 'read', vcpu: 0, gva: '0x401000' },
  ]);
  const context = { kind: 'linear', vpid: 1, global: false, root: null };
  const first = { address: '0x400000', gpa: '0x100000', rights: ALL };
  const second = { address: '0x403000', gpa: '0x103000', rights: ALL };
  const third = { address: '0x401000', gpa: '0x101000', rights: ALL };
  const all = await read('/vcpus/0/tlb');
  expect(all.status).toBe(200);
  expect(all.json).toEqual({
    contexts: [
      { ...context, pcid: 0, size: 2, entries: [first, second] },
      { ...context, pcid: 5, size: 1, entries: [third] },
    ],
    size: 3,
    capacity: null,
    seq: all.json.seq,
    next: null,
  });
  const parts: unknown[] = [];
  for (const cursor of [0, 1, 2, 3]) {
    const { json } = await read(`/vcpus/0/tlb?limit=1&cursor=${cursor}`);
    const entries = json.contexts.flatMap((shown: Frame) => shown.entries);
    parts.push([json.next, entries]);
  }
  expect(parts).toEqual([
    ['1', [first]],
    ['2', [second]],
    [null, [third]],
    [null, []],
  ]);
  const across = await read('/vcpus/0/tlb?limit=2&cursor=1');
  expect(across.json.contexts.map(({ entries }: Frame) => entries)).toEqual([[second], [third]]);
});

test('through an EPT the TLB holds combined and guest-physical mappings', async () => {
  const read = await startVm({ paging: 'ept', memory: MIB16 }, [
    ...STALE.slice(0, 2),
    { ...STALE[2], global: true } as CommandInput,
    { kind: 'read', vcpu: 0, gva: '0x400008' },
    { kind: 'read', vcpu: 0, gva: '0x600008' },
  ]);
  const { json } = await read('/vcpus/0/tlb');
  const root = '0x100000000';
  const physical = { kind: 'guest-physical', vpid: null, pcid: null, global: false, root };
  const entry = (address: string) => ({ address, gpa: address, rights: EPT_ALL });
  const combined = { kind: 'combined', vpid: 1, root, size: 1 };
  expect(json.contexts).toEqual([
    {
      ...physical,
      size: 6,
      entries: ['0x1000', '0x2000', '0x3000', '0x4000', '0x100000', '0x8000'].map(entry),
    },
    {
      ...combined,
      pcid: 0,
      global: false,
      entries: [{ address: '0x400000', gpa: '0x100000', rights: ALL }],
    },
    {
      ...combined,
      pcid: null,
      global: true,
      entries: [{ address: '0x600000', gpa: '0x4000', rights: ALL }],
    },
  ]);
  const pages = await read(`/shadow-pages?root=${root}`);
  expect(pages.json.pages[0]).toMatchObject({ hpa: root, direct: true, access: EPT_ALL });
  expect(pages.json.total).toBe(4);
});

test('a TLB says how much it can hold', async () => {
  const app = await startApp();
  for (const [tlb, capacity] of [['off', 0] as const, [{ entries: 7 }, 7] as const]) {
    const { json } = await ask(app, 'POST', '/v1/vms', { tlb });
    expect(json.tlb).toEqual(tlb);
    const read = await ask(app, 'GET', `/v1/vms/${json.id}/vcpus/0/tlb`);
    expect(read.json).toEqual({ contexts: [], size: 0, capacity, seq: 0, next: null });
  }
});

test('memory is read in words, and what no memslot holds is null', async () => {
  const memory = {
    memslots: [
      { gpa: '0x0', bytes: 8192 },
      { gpa: '0x4000', bytes: 4096 },
    ],
    words: [{ gpa: '0x1ff8', value: '0xfedcba9876543210' }],
  };
  const read = await startVm({ memory }, [{ kind: 'dirty-log', vcpu: 0, slot: 1, enabled: true }]);
  const part = await read('/memory?gpa=0x1ff0&bytes=32');
  expect(part.status).toBe(200);
  expect(part.json).toEqual({
    words: ['0x0', '0xfedcba9876543210', null, null],
    gpa: '0x1ff0',
    memslots: [
      { slot: 0, gpa: '0x0', bytes: 8192, userspaceAddr: '0x0', readonly: false, dirtyLog: false },
      {
        slot: 1,
        gpa: '0x4000',
        bytes: 4096,
        userspaceAddr: '0x4000',
        readonly: false,
        dirtyLog: true,
      },
    ],
    seq: 2,
  });
  expect((await read('/memory')).json.words.length).toBe(512);
  const most = await read('/memory?bytes=65536');
  expect([most.json.words.length, most.json.words[1023]]).toEqual([8192, '0xfedcba9876543210']);
});

test.each<[string, number, string, string]>([
  ['shadow-pages?gfn=x', 400, 'invalid-request', '/gfn'],
  ['shadow-pages?root=100', 400, 'invalid-request', '/root'],
  ['shadow-pages?limit=0', 400, 'invalid-request', '/limit'],
  ['shadow-pages?limit=1001', 400, 'invalid-request', '/limit'],
  ['shadow-pages?cursor=-1', 400, 'invalid-request', '/cursor'],
  ['shadow-pages?page=1', 400, 'invalid-request', '/page'],
  ['shadow-pages/0Y1', 400, 'invalid-request', '/hpa'],
  ['vcpus/0/tlb?limit=10001', 400, 'invalid-request', '/limit'],
  ['vcpus/x/tlb', 400, 'invalid-request', '/vcpu'],
  ['memory?gpa=0x4', 400, 'invalid-request', '/gpa'],
  ['memory?gpa=0x10000000000000', 400, 'invalid-request', '/gpa'],
  ['memory?bytes=12', 400, 'invalid-request', '/bytes'],
  ['memory?bytes=65544', 400, 'invalid-request', '/bytes'],
])('GET %s answers %i', async (path, status, code, at) => {
  const answer = await ask(await shared(), 'GET', `${VM}/${path}`);
  expect([answer.status, answer.json.code, answer.json.errors[0].path]).toEqual([status, code, at]);
});

test('what is not there is told', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  for (const path of ['shadow-pages', 'shadow-pages/0x1000', 'vcpus/0/tlb', 'memory']) {
    const { status, json } = await ask(app, 'GET', `/v1/vms/vm-2/${path}`);
    expect([status, json.code]).toEqual([404, 'vm-not-found']);
  }
  const details = [
    ['shadow-pages/0x1000', 'Cannot find shadow page 0x1000: no page or root lies there'],
    ['shadow-pages?root=0x1000', 'Cannot find shadow page 0x1000: no page or root lies there'],
    ['vcpus/1/tlb', 'Cannot read the TLB of vCPU 1: no vCPU 1'],
  ];
  for (const [path, detail] of details) {
    const { status, json } = await ask(app, 'GET', `${VM}/${path}`);
    expect([status, json.detail]).toEqual([404, detail]);
  }
});
