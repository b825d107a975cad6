import { type Command, createLab, type Lab, type PolicyName } from 'mmulab';
import { connectLab } from 'mmulab/client';
import { afterAll, expect, test } from 'vitest';

/** In this process, or on a server: nothing below knows which. */
const { MMULAB_URL, MMULAB_TOKEN: token } = process.env;
const lab: Lab =
  MMULAB_URL === undefined ? createLab() : connectLab(MMULAB_URL, token ? { token } : {});

afterAll(async () => {
  await lab.deleteVms({ tag: 'suite:invpcid' });
  await lab.close();
});

const NO_FLUSH = 1n << 63n;
const movCr3 = (value: bigint): Command => ({
  kind: 'mov-cr3',
  vcpu: 0,
  value: `0x${value.toString(16)}`,
});
const map = (root: string, address: string, gpa: string, tables: string): Command => ({
  kind: 'map',
  vcpu: 0,
  root,
  address,
  gpa,
  tables,
});

/**
 * A guest with two address spaces. PCID 2 maps 0x400000 to a frame that holds 0x11, and PCID 1 sees
 * the page-table entry for it at 0x600000. Both roots are in the cache, and PCID 1 runs.
 */
async function boot(policy: PolicyName) {
  const vm = await lab.createVm({
    policy,
    tags: { suite: 'invpcid' },
    registers: { cr3: '0x1001', cr4: '0x200a0' }, // CR4.PCIDE
    memory: {
      words: [
        { gpa: '0x100000', value: '0x11' },
        { gpa: '0x101000', value: '0x22' },
      ],
    },
  });
  await vm.runAll([
    map('0x1000', '0x600000', '0x14000', '0x2000'),
    map('0x11000', '0x400000', '0x100000', '0x12000'),
    movCr3(0x11002n),
    { kind: 'read', vcpu: 0, gva: '0x400000' },
    movCr3(0x1001n | NO_FLUSH),
  ]);
  return vm;
}

/** Another frame, the one that holds 0x22: present, writable, the user's, accessed, dirty. */
const EDIT: Command = { kind: 'write', vcpu: 0, gva: '0x600000', value: '0x101067' };
const INVPCID: Command = { kind: 'invpcid', vcpu: 0, type: 1, pcid: 2, gva: '0x0' };

test.each([
  ['mainline', 'root-freed', null],
  ['need-sync', 'root-marked-unsync', { pgd: '0x11002', unsync: true }],
] as const)('under %s, INVPCID of PCID 2 ends in %s', async (policy, kind, cached) => {
  const vm = await boot(policy);
  await vm.run(EDIT);

  const { outcome, events } = await vm.run(INVPCID);

  expect(outcome).toEqual({ kind: 'ok' });
  expect(events.map(({ event }) => event)).toContainEqual(
    expect.objectContaining({ kind, pgd: '0x11002', cause: 'invpcid-single' }),
  );
  const [slot] = (await vm.vcpu()).rootMmu.prevRoots;
  if (cached === null) expect(slot).toBe(null);
  else expect(slot).toMatchObject(cached);
});

test.each(['mainline', 'need-sync'] as const)(
  'under %s, PCID 2 reads the new frame',
  async (policy) => {
    const vm = await boot(policy);
    await vm.runAll([EDIT, INVPCID, movCr3(0x11002n | NO_FLUSH)]);
    const { outcome } = await vm.run({ kind: 'read', vcpu: 0, gva: '0x400000' });
    expect(outcome).toEqual({ kind: 'ok', value: '0x22' });
  },
);

test('without INVPCID, PCID 2 may still read the old one', async () => {
  const vm = await boot('mainline');
  await vm.runAll([EDIT, movCr3(0x11002n | NO_FLUSH)]);
  const { outcome } = await vm.run({ kind: 'read', vcpu: 0, gva: '0x400000' });
  expect(outcome).toEqual({ kind: 'ok', value: '0x11' });
});

test('what was missed is told, with a shortest way to it', async () => {
  const vm = await boot('need-sync');
  const bounds = { states: 40, limit: 1000, waitMs: 60_000 };
  const { machine, triples } = await vm.coverage({ ...bounds, only: 'missed' });
  const { way, times, first, ...missed } = triples.at(-1) ?? expect.fail('nothing was missed');
  expect([times, first]).toEqual([0, null]);
  await vm.reset();
  await vm.runAll([...machine.stage, ...(way ?? [])]);
  const now = await vm.coverage({ ...bounds, only: 'exercised' });
  expect(now.triples).toContainEqual(expect.objectContaining(missed));
});

test('the events of a switch can be followed while they happen', async () => {
  const vm = await boot('need-sync');
  const { head } = await vm.history();
  await vm.runAll([EDIT, INVPCID, movCr3(0x11002n | NO_FLUSH), { kind: 'enter', vcpu: 0 }]);
  const kinds: string[] = [];
  for await (const frame of vm.events({ after: head, kinds: ['root-reused', 'root-synced'] })) {
    if (frame.type === 'event') kinds.push(frame.event.kind);
    if (kinds.length === 2) break;
  }
  expect(kinds).toEqual(['root-reused', 'root-synced']);
});
