import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVm, guestWalkOf, step } from '../../src/mmu/index.js';
import { pagesInOrder } from '../../src/mmu/machine/index.js';
import {
  type CommandInput,
  type MmuEvent,
  VmConfig,
  type VmConfigInput,
} from '../../src/mmu/schema/index.js';
import { ask, type Frame, shareApp, startApp } from './start.js';

/** For refusals, which leave it as it was. */
const shared = shareApp((app) => ask(app, 'POST', '/v1/vms'));

const VM = '/v1/vms/vm-1';
const WALK = `${VM}/vcpus/0/walk`;
const ALL = { read: true, write: true, execute: true, user: true };
const EPT_ALL = { ...ALL, user: null };
const MEMSLOTS = [{ gpa: '0x0', bytes: 16 * 2 ** 20 }];

const word = (gpa: string, value: string) => ({ gpa, value });

/** A VM whose memory holds these words, and what walks for its vCPU. */
async function startVm(
  words: ReturnType<typeof word>[],
  config: VmConfigInput = {},
  commands: readonly CommandInput[] = [],
) {
  const app = await startApp();
  const memory = { memslots: MEMSLOTS, words };
  await ask(app, 'POST', '/v1/vms', { memory, ...config } as object);
  for (const command of commands) {
    const { json } = await ask(app, 'POST', `${VM}/commands`, [command]);
    expect(json.results?.[0].outcome).toEqual({ kind: 'ok' });
  }
  return async (query: string) => await ask(app, 'GET', `${WALK}?${query}`);
}

const TABLES = [
  word('0x1000', '0x2027'),
  word('0x2000', '0x3027'),
  word('0x3000', '0x4027'),
  word('0x3008', '0x8000000000200085'),
  word('0x4000', '0x100007'),
  word('0x4008', '0x8000000000101161'),
  word('0x4010', '0x8000000102067'),
  word('0x4018', '0x40000067'),
];

test('a walk shows the entries that a read would use, and touches none of them', async () => {
  const walk = await startVm(TABLES, { registers: { cr3: '0x1000', efer: '0xd00' } });
  const top = [
    { level: 4, gpa: '0x1000', entry: '0x2027', rights: ALL, accessed: true, dirty: false },
    { level: 3, gpa: '0x2000', entry: '0x3027', rights: ALL, accessed: true, dirty: false },
    { level: 2, gpa: '0x3000', entry: '0x4027', rights: ALL, accessed: true, dirty: false },
  ];
  const leaf = { level: 1, gpa: '0x4000', entry: '0x100007', rights: ALL };
  const { status, json } = await walk('gva=0x123');
  expect(status).toBe(200);
  expect(json).toEqual({
    tables: '4-level',
    root: '0x1000',
    address: '0x123',
    entries: [...top, { ...leaf, accessed: false, dirty: false }],
    result: {
      kind: 'mapped',
      gpa: '0x100123',
      level: 1,
      rights: ALL,
      global: false,
      memslot: true,
    },
    seq: 0,
  });
  expect((await walk('gva=0x123')).json).toEqual(json);

  const readOnly = { read: true, write: false, execute: false, user: false };
  const kernel = await walk('gva=0x1000');
  expect(kernel.json.entries[3].rights).toEqual(readOnly);
  expect(kernel.json.result).toMatchObject({ gpa: '0x101000', rights: readOnly, global: true });

  const large = await walk('gva=0x234567');
  expect(large.json.entries.length).toBe(3);
  expect(large.json.result).toMatchObject({ gpa: '0x234567', level: 2 });
  expect((await walk('gva=0x3000')).json.result).toMatchObject({
    gpa: '0x40000000',
    memslot: false,
  });
});

test.each([
  ['0x5000', [4, 3, 2, 1], { kind: 'page-fault', errorCode: 0 }],
  ['0x2000', [4, 3, 2, 1], { kind: 'page-fault', errorCode: 9 }],
  ['0x40000000', [4, 3], { kind: 'page-fault', errorCode: 0 }],
  ['0x8000000000', [4], { kind: 'page-fault', errorCode: 0 }],
  ['0x800000000000', [], { kind: 'not-canonical' }],
])('a walk of %s ends where the processor would fault', async (gva, levels, result) => {
  const walk = await startVm(TABLES, { registers: { cr3: '0x1000', efer: '0xd00' } });
  const { json } = await walk(`gva=${gva}`);
  expect(json.entries.map(({ level }: Frame) => level)).toEqual(levels);
  expect(json.result).toEqual(result);
});

test('SMAP keeps the supervisor from pages of the user', async () => {
  const registers = { cr3: '0x1000', cr4: '0x2000a0' };
  const walk = await startVm(TABLES.slice(0, 5), { registers });
  expect((await walk('gva=0x0')).json.result).toEqual({ kind: 'page-fault', errorCode: 1 });
});

test('under PAE paging the walk starts at a register, without paging it has no entries', async () => {
  const words = [word('0x1000', '0x2001'), word('0x2000', '0x3067'), word('0x3000', '0x100067')];
  const walk = await startVm(words, { registers: { cr3: '0x1000', efer: '0x0' } });
  const { json } = await walk('gva=0x8');
  expect(json.tables).toBe('PAE');
  expect(json.entries.map(({ level, gpa, entry }: Frame) => [level, gpa, entry])).toEqual([
    [3, null, '0x2001'],
    [2, '0x2000', '0x3067'],
    [1, '0x3000', '0x100067'],
  ]);
  const absent = await walk('gva=0x40000000');
  expect(absent.json.entries).toEqual([
    { level: 3, gpa: null, entry: '0x0', rights: null, accessed: false, dirty: false },
  ]);
  expect(absent.json.result).toEqual({ kind: 'page-fault', errorCode: 0 });

  const flat = await startVm([], { registers: { cr0: '0x11', efer: '0x0' } });
  const { tables, entries, result } = (await flat('gva=0x5008')).json;
  expect([tables, entries, result.gpa]).toEqual(['none', [], '0x5008']);
});

test('entries of 32-bit paging have four bytes', async () => {
  const words = [word('0x1000', '0x206700002067'), word('0x2000', '0x10106700100067')];
  const registers = { cr3: '0x1000', cr4: '0x0', efer: '0x0' };
  const walk = await startVm(words, { registers });
  const { json } = await walk('gva=0x1234');
  expect(json.entries.map(({ level, gpa, entry }: Frame) => [level, gpa, entry])).toEqual([
    [2, '0x1000', '0x2067'],
    [1, '0x2004', '0x101067'],
  ]);
  expect(json.result.gpa).toBe('0x101234');
});

test('a table where no memslot is: not present if it is shadowed, else MMIO', async () => {
  const words = [word('0x1000', '0x40000067')];
  const registers = { cr3: '0x1000' };
  const shadowed = await startVm(words, { registers });
  expect((await shadowed('gva=0x0')).json.result).toEqual({ kind: 'page-fault', errorCode: 0 });
  const direct = await startVm(words, { registers, paging: 'ept' });
  expect((await direct('gva=0x0')).json.result).toEqual({ kind: 'mmio', gpa: '0x40000000' });
});

/** L1's EPT at 0x100000 maps 16 pages of L2 to 0x200000, and a page that is only readable. */
const EPT = { kind: 'map', vcpu: 0, root: '0x10005e', format: 'ept', tables: '0x101000' } as const;
const IN_L2: readonly CommandInput[] = [
  { ...EPT, address: '0x0', gpa: '0x200000', pages: 16 },
  { ...EPT, address: '0x10000', gpa: '0x210000', write: false, execute: false },
  { kind: 'vmxon', vcpu: 0, address: '0x1000' },
  { kind: 'vmptrld', vcpu: 0, address: '0x2000' },
  { kind: 'vmwrite', vcpu: 0, field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x22' },
  { kind: 'vmwrite', vcpu: 0, field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' },
  { kind: 'vmwrite', vcpu: 0, field: 'EPT_POINTER', value: '0x10005e' },
  { kind: 'vmwrite', vcpu: 0, field: 'GUEST_CR3', value: '0x3000' },
  { kind: 'vmlaunch', vcpu: 0 },
];
const L2_TABLES = [
  word('0x203000', '0x4027'),
  word('0x204000', '0x5027'),
  word('0x205000', '0x6027'),
  word('0x205008', '0x10027'),
  word('0x205010', '0x20027'),
  word('0x206000', '0x7067'),
];

test('in L2 the walk finds its tables through the EPT of L1', async () => {
  const config = { paging: 'ept', registers: { cr4: '0x20a0' } } as const;
  const walk = await startVm(L2_TABLES, config, IN_L2);
  const { json } = await walk('gva=0x8');
  expect([json.root, json.entries.map(({ gpa }: Frame) => gpa)]).toEqual([
    '0x3000',
    ['0x3000', '0x4000', '0x5000', '0x6000'],
  ]);
  expect(json.result).toMatchObject({ kind: 'mapped', gpa: '0x7008', memslot: null });
  // With A and D enabled, reading a table counts as a write.
  expect((await walk('gva=0x200000')).json.result).toEqual({
    kind: 'ept-violation',
    gpa: '0x10000',
    qualification: '0x8b',
  });
  expect((await walk('gva=0x400000')).json.result).toEqual({
    kind: 'ept-violation',
    gpa: '0x20000',
    qualification: '0x83',
  });
});

test('the EPT of the current VMCS is walked, or the one that is named, without setting A or D', async () => {
  const config = { paging: 'ept', registers: { cr4: '0x20a0' } } as const;
  const named = { ...EPT, root: '0x30001e', tables: '0x301000', accessedDirty: false } as const;
  const walk = await startVm([], config, [{ ...named, address: '0x0', gpa: '0x400000' }, ...IN_L2]);
  const { json } = await walk('gpa=0x10008');
  const readable = { read: true, write: false, execute: false, user: null };
  const link = { rights: EPT_ALL, accessed: true, dirty: false };
  expect(json).toMatchObject({
    tables: 'ept',
    root: '0x10005e',
    address: '0x10008',
    entries: [
      { level: 4, gpa: '0x100000', entry: '0x101107', ...link },
      { level: 3, gpa: '0x101000', entry: '0x102107', ...link },
      { level: 2, gpa: '0x102000', entry: '0x103107', ...link },
      { level: 1, gpa: '0x103080', entry: '0x210331', rights: readable, dirty: true },
    ],
    result: { kind: 'mapped', gpa: '0x210008', level: 1, rights: readable, memslot: true },
  });
  const absent = await walk('gpa=0x20000');
  expect(absent.json.entries[3]).toMatchObject({ entry: '0x0', rights: null });
  expect(absent.json.result).toEqual({
    kind: 'ept-violation',
    gpa: '0x20000',
    qualification: '0x181',
  });
  for (const eptp of ['0x30001e', '0x30005e']) {
    const other = await walk(`gpa=0x10&eptp=${eptp}`);
    expect(other.json.result.gpa).toBe('0x400010');
    expect(other.json.entries[3]).toMatchObject({ entry: '0x400037', accessed: false });
  }
});

test('an EPT entry that is not well formed ends the walk', async () => {
  const walk = await startVm([word('0x1000', '0x2002')], { paging: 'ept' });
  const { json } = await walk('gpa=0x8&eptp=0x101e');
  expect(json.entries.map(({ entry }: Frame) => entry)).toEqual(['0x2002']);
  expect(json.result).toEqual({ kind: 'ept-misconfiguration', gpa: '0x8' });
});

test.each([
  ['', '/gva', 'required, unless there is a gpa'],
  ['gva=0x0&gpa=0x0', '/gpa', 'there is a gva already'],
  ['gva=0x0&eptp=0x101e', '/eptp', 'needs a gpa, not a gva'],
  ['gpa=0x0', '/eptp', 'required: the current VMCS has none'],
  ['gpa=0x0&eptp=0x1000', '/eptp', 'not one that VM entry accepts'],
])('the query "%s" is refused at %s', async (query, path, message) => {
  const { status, json } = await ask(await shared(), 'GET', `${WALK}?${query}`);
  expect([status, json.code]).toEqual([400, 'invalid-request']);
  expect(json.errors).toEqual([{ in: 'query', path, message }]);
  expect(json.detail).toBe(`Cannot take query at ${path}: ${message}`);
});

test.each([
  ['gva=0x1g', '/gva'],
  ['gva=1', '/gva'],
  ['gpa=0x10000000000000&eptp=0x101e', '/gpa'],
  ['gva=0x0&level=1', '/level'],
])('the query "%s" is no query', async (query, path) => {
  const { status, json } = await ask(await shared(), 'GET', `${WALK}?${query}`);
  expect([status, json.errors[0].path]).toEqual([400, path]);
});

test('a walk needs a VM and a vCPU', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  const noVm = await ask(app, 'GET', '/v1/vms/vm-2/vcpus/0/walk?gva=0x0');
  expect([noVm.status, noVm.json.code]).toEqual([404, 'vm-not-found']);
  const noVcpu = await ask(app, 'GET', `${VM}/vcpus/3/walk?gva=0x0`);
  expect([noVcpu.status, noVcpu.json.detail]).toEqual([404, 'Cannot walk for vCPU 3: no vCPU 3']);
});

const SEED = 23;

/** Mostly whole tables: what is rare in an entry is what ends a walk. */
const seldom = (weight: number, usual: number, other: number) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(other) });
const entry = (frame: number) =>
  fc
    .record({
      present: seldom(12, 0x1, 0),
      writable: fc.constantFrom(0, 0x2),
      user: seldom(2, 0, 0x4),
      used: fc.constantFrom(0, 0x20, 0x60),
      pageSize: seldom(8, 0, 0x80),
      frame: seldom(8, frame, 0x40000),
      reserved: seldom(16, 0, 2 ** 39),
      noExecute: seldom(4, 0, 2 ** 51),
    })
    .map(({ present, writable, user, used, pageSize, frame: to, reserved, noExecute }) => {
      const low = present | writable | user | used | pageSize;
      return `0x${((BigInt(to + reserved + noExecute) << 12n) | BigInt(low)).toString(16)}`;
    });
const tables = fc
  .tuple(entry(2), entry(3), entry(4), entry(0x100), entry(0x101))
  .map(([top, third, second, first, next]) => [
    word('0x1000', top),
    word('0x2000', third),
    word('0x3000', second),
    word('0x4000', first),
    word('0x4008', next),
  ]);

/** What a read of an address comes to, and what a walk says of it before. */
function walkThenRead(config: VmConfigInput, page: number) {
  const vm = createVm(VmConfig.parse(config));
  const [vcpu] = vm.vcpus;
  if (vcpu === undefined) throw new Error('a VM has a vCPU');
  const content = () => pagesInOrder(vm.memory.pages).map(([gfn, words]) => [gfn, [...words]]);
  const before = content();
  const gva = { page, low: 8 };
  const { result } = guestWalkOf(vm, vcpu, gva);
  expect(content()).toEqual(before);
  let gpa: number | null = null;
  const emit = (_vcpu: unknown, event: MmuEvent) => {
    if (event.kind === 'access') gpa = event.gpa;
    return 0;
  };
  const read = { kind: 'read', vcpu: 0, gva, bytes: 8, user: false, ac: false } as const;
  return { result, outcome: step(vm, read, emit), gpa };
}

test('a walk foretells how a read ends, with every table and in either mode of paging', () => {
  const seen = new Set<string>();
  const registers = fc.record({
    cr3: fc.constant('0x1000'),
    cr4: fc.constantFrom('0xa0', '0x2000a0'),
    efer: fc.constantFrom('0x500', '0xd00'),
  });
  const config = fc.record({
    paging: fc.constantFrom('shadow', 'ept'),
    registers,
    memory: tables.map((words) => ({ memslots: MEMSLOTS, words })),
  });
  fc.assert(
    fc.property(config, fc.constantFrom(0, 1, 2), (made, page) => {
      const { result, outcome, gpa } = walkThenRead(made, page);
      seen.add(`${made.paging} ${result.kind} ${outcome.kind}`);
      if (outcome.kind === 'ok') {
        expect(result).toMatchObject({ kind: 'mapped', gpa, memslot: true });
      } else if (outcome.kind === 'mmio') {
        expect(result).toMatchObject({ gpa: outcome.gpa });
      } else {
        const { errorCode } = outcome as Extract<typeof outcome, { kind: 'fault' }>;
        expect(result).toEqual({ kind: 'page-fault', errorCode });
      }
    }),
    { seed: SEED, numRuns: 1500 },
  );
  expect([...seen].sort()).toEqual([
    'ept mapped mmio',
    'ept mapped ok',
    'ept mmio mmio',
    'ept page-fault fault',
    'shadow mapped mmio',
    'shadow mapped ok',
    'shadow page-fault fault',
  ]);
});
