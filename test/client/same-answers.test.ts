import { expect, test } from 'vitest';
import { connectLab } from '../../src/client/connect.js';
import type { CaseFile, Command, Lab, LabVm, VmCreation } from '../../src/client/index.js';
import { LabError } from '../../src/client/index.js';
import { tokenOf } from '../../src/server/index.js';
import { listen } from '../server/start.js';
import { LABS, local, remote } from './labs.js';

const VM: VmCreation = {
  vcpus: 2,
  policy: 'need-sync',
  name: 'both ways',
  tags: { suite: 'clients' },
  registers: { cr3: '0x1001', cr4: '0x200a0' },
  memory: {
    words: [
      { gpa: '0x100000', value: '0x11' },
      { gpa: '0x101000', value: '0x22' },
    ],
  },
};

const map = (root: string, address: string, gpa: string, tables: string): Command => ({
  kind: 'map',
  vcpu: 0,
  root,
  address,
  gpa,
  tables,
});

/** PCID 1 sees the table of PCID 2 at 0x600000. */
const TABLES = [
  map('0x1000', '0x600000', '0x14000', '0x2000'),
  map('0x11000', '0x400000', '0x100000', '0x12000'),
];

const EDIT: Command[] = [
  { kind: 'mov-cr3', vcpu: 0, value: '0x11002' },
  { kind: 'read', vcpu: 0, gva: '0x400000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000001001' },
  { kind: 'write', vcpu: 0, gva: '0x600000', value: '0x101067' },
];

const INVPCID: Command = { kind: 'invpcid', vcpu: 0, type: 1, pcid: 2, gva: '0x0' };

type Step = (lab: Lab, vm: LabVm) => Promise<unknown>;

/** All that can be asked, in an order in which there is something to tell. */
const SCRIPT: Readonly<Record<string, Step>> = {
  policies: (lab) => lab.policies(),
  model: (lab) => lab.model(),
  read: (_, vm) => vm.read(),
  map: (_, vm) => vm.runAll(TABLES, { atomic: true }),
  edit: (_, vm) => vm.runAll(EDIT, { events: true }),
  'what INVPCID would do': (_, vm) => vm.run(INVPCID, { dryRun: true }),
  'what all would do': (_, vm) => vm.runAll([INVPCID, ...EDIT], { dryRun: true }),
  snapshot: (_, vm) => vm.snapshot('edited'),
  invpcid: (_, vm) => vm.run(INVPCID),
  'a fault of the guest': (_, vm) => vm.run({ ...INVPCID, pcid: 4096 } as Command),
  vcpu: (_, vm) => vm.vcpu(),
  'second vCPU': (_, vm) => vm.vcpu(1),
  vcpus: (_, vm) => vm.vcpus(),
  tlb: (_, vm) => vm.tlb({ vcpu: 0, limit: 1 }),
  'rest of the TLB': (_, vm) => vm.tlb({ cursor: '1' }),
  walk: (_, vm) => vm.walk({ gva: '0x600000' }),
  ledger: (_, vm) => vm.ledger(),
  explain: (_, vm) => vm.explain({ pgd: '0x11002', mmu: 'root' }),
  'shadow pages': (_, vm) => vm.shadowPages({ gfn: 20, limit: 5 }),
  'shadow page': (_, vm) => vm.shadowPage('0x100007000'),
  memory: (_, vm) => vm.memory({ gpa: '0x14000', bytes: 16 }),
  'default memory': (_, vm) => vm.memory(),
  history: (_, vm) => vm.history(),
  'part of the history': (_, vm) =>
    vm.history({
      after: 3,
      limit: 2,
      kinds: ['command', 'access'],
      vcpus: [0],
      severity: 'debug',
    }),
  'events of a root': (_, vm) =>
    vm.history({ mmu: 'root', roots: ['0x100000000', '0x100004000'], kinds: ['root-reused'] }),
  'wait for an event': (_, vm) =>
    vm.wait({ on: 'event', match: { kind: ['root-marked-unsync'] }, after: 0 }),
  'wait in vain': (_, vm) =>
    vm.wait(
      { on: 'state', where: [{ path: '/requests', op: 'contains', value: 'TLB_FLUSH' }] },
      { timeoutMs: 1 },
    ),
  verify: (_, vm) =>
    vm.verify(
      [
        { kind: 'never', of: { kind: ['root-freed'] } },
        { kind: 'count', of: { kind: ['access'] }, exactly: 7 },
        { kind: 'order', of: [{ kind: ['page-unsynced'] }, { kind: ['root-marked-unsync'] }] },
        { kind: 'state', where: [{ path: '/rootMmu/prevRoots/0/unsync', value: true }] },
      ],
      { after: 0 },
    ),
  digest: (_, vm) => vm.digest(),
  'earlier digest': (_, vm) => vm.digest(4),
  diff: (_, vm) => vm.diff({ from: 4, limit: 5 }),
  case: (_, vm) => vm.case(),
  excerpt: (_, vm) => vm.excerpt(2),
  'play it': async (lab, vm) => lab.play(await vm.case()),
  restore: (_, vm) => vm.restore('edited'),
  snapshots: (_, vm) => vm.snapshots(),
  'delete snapshot': (_, vm) => vm.deleteSnapshot('edited'),
  fork: async (_, vm) => (await vm.fork()).read(),
  'fork with changes': async (_, vm) => (await vm.fork({ policy: 'mainline', seq: 9 })).read(),
  'diff of VMs': (lab, { id }) =>
    lab.diff({ a: id, b: id.replace('vm-1', 'vm-4'), bSeq: 2, limit: 3 }),
  relabel: (_, vm) => vm.relabel({ name: null, tags: { suite: null, keep: 'yes' } }),
  list: (lab) => lab.listVms({ limit: 2 }),
  'list by tag': (lab) => lab.listVms({ tag: ['suite:clients'], cursor: '2' }),
  reset: (_, vm) => vm.reset(),
  'delete by tag': (lab) => lab.deleteVms({ tag: 'suite:clients' }),
  delete: (_, vm) => vm.delete(),
};

/** What is refused, for which code. */
const REFUSED: readonly [LabError['code'], string, Step][] = [
  ['invalid-request', 'a policy', (lab) => lab.createVm({ policy: 'best' as 'mainline' })],
  ['vm-not-found', 'a VM', (lab) => lab.vm('vm-9').read()],
  ['invalid-request', 'an id', (lab) => lab.vm('x'.repeat(65)).vcpu()],
  ['vcpu-not-found', 'a vCPU', (_, vm) => vm.vcpu(7)],
  ['invalid-request', 'an index', (_, vm) => vm.vcpu(-1)],
  ['vcpu-not-found', 'for a command', (_, vm) => vm.run({ kind: 'enter', vcpu: 7 })],
  ['invalid-request', 'hex', (_, vm) => vm.run({ kind: 'mov-cr3', vcpu: 0, value: '0Y1' })],
  ['vcpu-not-found', 'in a batch', (_, vm) => vm.runAll([INVPCID, { ...INVPCID, vcpu: 7 }])],
  ['invalid-request', 'an empty batch', (_, vm) => vm.runAll([])],
  ['command-refused', 'no table', (_, vm) => vm.run(map('0x1000', '0x1', '0x1000', '0x2000'))],
  ['shadow-page-not-found', 'a page', (_, vm) => vm.shadowPage('0x1000')],
  ['invalid-request', 'no address', (_, vm) => vm.walk({})],
  ['invalid-request', 'a place', (_, vm) => vm.history({ after: 99 })],
  ['invalid-request', 'to follow from', (_, vm) => vm.events({ after: 99 }).next()],
  ['snapshot-not-found', 'a snapshot', (_, vm) => vm.restore('none')],
  [
    'invalid-request',
    'a check',
    (_, vm) => vm.wait({ on: 'state', where: [{ path: '/nope', value: 1 }] }),
  ],
  ['invalid-request', 'a moment', (_, vm) => vm.diff({ from: 99 })],
  ['invalid-request', 'a selection', (lab) => lab.deleteVms({})],
  ['invalid-request', 'a case', (lab) => lab.play({} as CaseFile)],
];

/** A text without the name of the run, in which ids end. */
function inAnyRun({ id }: LabVm, text: string): string {
  return text.replaceAll(id.slice('vm-1'.length), '');
}

async function run(lab: Lab): Promise<Record<string, string>> {
  const vm = await lab.createVm(VM);
  const answers: Record<string, string> = {};
  for (const [name, step] of Object.entries(SCRIPT)) {
    answers[name] = inAnyRun(vm, JSON.stringify(await step(lab, vm)) ?? 'undefined');
  }
  return answers;
}

test('a lab in this process answers as a server does, to the byte', async () => {
  const inProcess = await run(await local());
  expect(inProcess).toEqual(await run(await remote()));
  expect(Object.keys(inProcess)).toEqual(Object.keys(SCRIPT));
});

test.each(REFUSED)('both refuse with %s: %s', async (code, _what, step) => {
  const refusals = [];
  for (const lab of [await local(), await remote()]) {
    const vm = await lab.createVm();
    const error = await step(lab, vm).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(LabError);
    const { name, code, status, message, problem } = error as LabError;
    // Which request it was, a server alone can say.
    const { instance, requestId, ...said } = problem;
    refusals.push(JSON.parse(inAnyRun(vm, JSON.stringify({ name, code, status, message, said }))));
  }
  expect(refusals[0]).toEqual(refusals[1]);
  expect(refusals[0]?.code).toBe(code);
});

test.each(Object.entries(LABS))('%s, a kind that is none is refused', async (_, open) => {
  const vm = await (await open()).createVm();
  const error = vm.run({ kind: 'halt', vcpu: 0 } as unknown as Command);
  await expect(error).rejects.toMatchObject({
    code: 'route-not-found',
    status: 404,
    message: 'Cannot run "halt": no such command',
  });
});

test.each(Object.entries(LABS))('%s, what the caller gave stays as it is', async (_, open) => {
  const vm = await (await open()).createVm();
  const command = Object.freeze({ kind: 'mov-cr3', vcpu: 0, value: '0x1000' } as const);
  await vm.run(command);
  await vm.runAll(Object.freeze([command]) as readonly Command[]);
  expect(command).toEqual({ kind: 'mov-cr3', vcpu: 0, value: '0x1000' });
});

test('a client with a token is let in, and one without is told', async () => {
  const secret = 'full-0123456789abcdef';
  const { port } = await listen({ tokens: [tokenOf('full', secret)] });
  const url = new URL(`http://127.0.0.1:${port}`);
  const vm = await connectLab(url, { token: secret }).createVm();
  expect(vm.id).toBe('vm-1');
  const error = connectLab(url).vm('vm-1').read();
  await expect(error).rejects.toMatchObject({ code: 'token-required', status: 401 });
  const frames = connectLab(url).vm('vm-1').events();
  await expect(frames.next()).rejects.toMatchObject({ code: 'token-required', status: 401 });
});

test('what is no mmulab is told from a refusal', async () => {
  const answering = (response: () => Response) =>
    connectLab('http://127.0.0.1:9', { fetch: async () => response() });
  const html = answering(() => new Response('<h1>Bad gateway</h1>', { status: 502 }));
  const message = 'Cannot read the answer: status 502 without a problem of mmulab';
  await expect(html.model()).rejects.toThrow(message);
  await expect(html.vm('vm-1').events().next()).rejects.toThrow(message);
  await expect(connectLab('http://127.0.0.1:1').model()).rejects.toThrow(TypeError);
});
