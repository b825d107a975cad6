import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLab } from '../../src/client/index.js';
import { WORKLOAD_NAMES } from '../../src/lab/index.js';
import { DEFECT_NAMES, DEFECTS } from '../../src/mmu/index.js';
import { FRAMES_MAX, RUN_COMMANDS_MAX, RUNS_MAX } from '../../web/engine/protocol.js';
import { startApp } from '../server/start.js';
import { atDesk, generated } from './at-desk.js';

const COMMANDS = 300;
const SEED = 5;

/** The same commands in the page and on a server. */
async function bothOf(workload: string, changes = {}) {
  const ask = atDesk();
  const opened = await ask('open', { from: generated(workload, COMMANDS, changes) });
  const { config, commands } = await ask('export', { run: opened.run });
  const lab = createLab();
  // As a client without types sends it.
  const vm = await lab.createVm(JSON.parse(JSON.stringify(config)));
  await vm.runAll(JSON.parse(JSON.stringify(commands)));
  return { ask, opened, vm };
}

describe.each(WORKLOAD_NAMES)('%s', (workload) => {
  test('is numbered, caused and named as a server does it', async () => {
    const { ask, opened, vm } = await bothOf(workload);
    const { head, events } = await vm.history({ limit: 10_000 });
    expect(opened.head).toBe(head);
    const frames = [];
    for (let after = 0; after < head; after = frames.length) {
      frames.push(...(await ask('frames', { run: opened.run, after, limit: FRAMES_MAX })));
    }
    const unnamed = (frame: object) => ({ ...frame, vm: '' });
    expect(frames.map(unnamed)).toEqual(events.map(unnamed));
    expect(opened.digest).toBe((await vm.digest()).state);
  });

  test('is saved as the case file that a server writes', async () => {
    const { ask, opened, vm } = await bothOf(workload);
    const { mmulab, ...file } = await ask('export', { run: opened.run });
    expect(mmulab).toBe('0.0.0-test');
    const { mmulab: _, ...other } = await vm.case();
    expect(file).toEqual(other);
  });
});

test('a moment is, byte for byte, what a fork at that moment says', async () => {
  const { ask, opened, vm } = await bothOf('hostile');
  const { run, head } = opened;
  const gva = '0x400000';
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: head }), async (seq) => {
      const fork = await vm.fork({ seq });
      const { after, command } = await ask('moment', { run, of: [seq, null] });
      const vcpu = command?.vcpu ?? 0;
      expect(after).toEqual(await fork.vcpu(vcpu));
      const pgd = after.cr3;
      const { seq: _0, ...walk } = await fork.walk({ vcpu, gva });
      expect(await ask('walk', { run, of: [seq, vcpu, gva] })).toEqual(walk);
      const { seq: _1, next: _2, ...tlb } = await fork.tlb({ vcpu });
      expect(await ask('tlb', { run, of: [seq, vcpu] })).toEqual(tlb);
      const { seq: _3, ...allowed } = await fork.allowed({ vcpu, gva });
      expect(await ask('allowed', { run, of: [seq, vcpu, gva] })).toEqual(allowed);
      const { seq: _4, ...lookup } = await fork.explain({ vcpu, pgd });
      expect(await ask('explain', { run, of: [seq, vcpu, pgd] })).toEqual(lookup);
      await fork.delete();
    }),
    { seed: SEED, numRuns: 40 },
  );
});

test('both sides of a command are shown, of the vCPU that is asked for', async () => {
  const ask = atDesk();
  const { run, head } = await ask('open', { from: generated('shootdown', 200) });
  const first = await ask('moment', { run, of: [0, null] });
  expect([first.command, first.events, first.before]).toEqual([null, [], first.after]);
  let seq = 1;
  let last = first.after;
  for (; seq <= head; ) {
    const moment = await ask('moment', { run, of: [seq, 0] });
    expect(moment.before).toEqual(last);
    expect(moment.command?.seq).toBe(seq);
    last = moment.after;
    seq += 1 + moment.events.length;
  }
  expect(seq).toBe(head + 1);
  expect((await ask('moment', { run, of: [head + 9, 0] })).seq).toBe(head);
});

test('moments far apart and near are the same, in any order', async () => {
  const ask = atDesk();
  const { run, head } = await ask('open', { from: generated('kpti', 2000) });
  const fresh = atDesk();
  const other = await fresh('open', { from: generated('kpti', 2000) });
  const seqs = fc.array(fc.integer({ min: 1, max: head }), { minLength: 8, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(seqs, async (order) => {
      const there = new Map<number, object>();
      for (const seq of order) there.set(seq, await ask('moment', { run, of: [seq, null] }));
      for (const seq of [...there.keys()].sort((a, b) => a - b)) {
        const of = [seq, null] as const;
        expect(await fresh('moment', { run: other.run, of: [...of] })).toEqual(there.get(seq));
      }
    }),
    { seed: SEED, numRuns: 10 },
  );
});

test('a shadow page is found, and what is none is null', async () => {
  const ask = atDesk();
  const { run, head } = await ask('open', { from: generated('kpti', 50) });
  const { after } = await ask('moment', { run, of: [head, null] });
  const root = after.rootMmu.root?.hpa as string;
  const { pages, total } = await ask('shadowPages', { run, of: [head, root] });
  expect([pages[0]?.hpa, pages.length]).toEqual([root, total]);
  const dump = await ask('shadowPage', { run, of: [head, root] });
  expect(dump?.page).toEqual(pages[0]);
  expect(dump?.entries.length).toBeGreaterThan(0);
  expect(await ask('shadowPage', { run, of: [head, '0x123000'] })).toBe(null);
});

test.each(['shootdown', 'hostile'])(
  'a window of %s is drawn as a server draws it',
  async (name) => {
    const ask = atDesk();
    const { run, head } = await ask('open', { from: generated(name, COMMANDS) });
    const { config, commands } = await ask('export', { run });
    const app = await startApp();
    const { id } = (await app.inject({ method: 'POST', url: '/v1/vms', payload: config })).json();
    await app.inject({ method: 'POST', url: `/v1/vms/${id}/commands`, payload: [...commands] });
    for (const [from, to, buckets] of [
      [0, head, 64],
      [7, 90, 256],
      [head - 5, head + 50, 8],
    ] as const) {
      const query = `from=${from}&to=${to}&buckets=${buckets}`;
      const { body } = await app.inject({ method: 'GET', url: `/v1/vms/${id}/timeline?${query}` });
      expect(await ask('timeline', { run, from, to, buckets })).toEqual(JSON.parse(body));
    }
  },
);

test('why something came about is told as a server tells it', async () => {
  const { ask, opened, vm } = await bothOf('kpti');
  const { events } = await vm.history({ limit: 10_000 });
  const kinds = new Map(
    events.map((frame) => [frame.type === 'event' ? frame.event.kind : '', frame.seq]),
  );
  expect(kinds.size).toBeGreaterThan(8);
  for (const seq of [1, ...kinds.values()]) {
    expect(await ask('why', { run: opened.run, of: [seq] })).toEqual(await vm.why(seq));
  }
  const beyond = ask('why', { run: opened.run, of: [opened.head + 1] });
  await expect(beyond).rejects.toThrow(`Cannot explain ${opened.head + 1}: records are numbered`);
});

test('what a run shares with another one is in its timeline as well', async () => {
  const ask = atDesk();
  const { run } = await ask('open', { from: generated('shootdown', 200) });
  const { opened } = await ask('part', { run, changes: {}, from: 100 });
  const window = { from: 0, to: null, buckets: 512 };
  const there = await ask('timeline', { run: opened.run, ...window });
  expect(there).toEqual(await ask('timeline', { run, ...window }));
});

describe('under other rules', () => {
  test('the same commands part where the events do', async () => {
    const ask = atDesk();
    const { run } = await ask('open', { from: generated('kpti', 400) });
    const changes = { policy: 'never-cache' } as const;
    const { opened, parting } = await ask('part', { run, changes, from: 0 });
    expect(opened.policy).toBe('never-cache');
    const { seq = -1, otherSeq = -1, differences = [] } = parting ?? {};
    expect(seq).toBe(otherSeq);
    expect(differences[0]?.path).toMatch(/^\/vcpus\/0\//);
    const here = await ask('moment', { run, of: [seq, null] });
    const there = await ask('moment', { run: opened.run, of: [otherSeq, null] });
    expect(here.before).toEqual(there.before);
    expect(here.events).not.toEqual(there.events);
  });

  test('and never where nothing differs', async () => {
    const ask = atDesk();
    const { run, digest } = await ask('open', { from: generated('kpti', 100) });
    const { opened, parting } = await ask('part', { run, changes: {}, from: 0 });
    expect([parting, opened.digest]).toEqual([null, digest]);
  });

  const LINES = DEFECT_NAMES.flatMap((name) => {
    const { judge, scene } = DEFECTS[name];
    return judge === 'oracle' ? [{ name, stage: scene.stage.length }] : [];
  });

  test.each(LINES)('a line taken out of KVM makes the oracle object later: $name', async (line) => {
    const ask = atDesk();
    const { name, stage } = line;
    const from = { kind: 'exhibit', mmulab: '', exhibit: name, isOn: false } as const;
    const { run, commands, violations } = await ask('open', { from });
    expect(violations).toBe(0);
    const changes = { defects: [name] };
    const { opened, parting } = await ask('part', { run, changes, from: stage });
    expect([opened.commands, opened.failure]).toEqual([commands, null]);
    const found = await ask('violations', { run: opened.run });
    expect(found.length).toBe(opened.violations);
    expect(found[0]?.seq).toBeGreaterThanOrEqual(parting?.otherSeq ?? Number.NaN);
  });

  test('what came before the moment stays as it was', async () => {
    const ask = atDesk();
    const { run, commands } = await ask('open', { from: generated('kpti', 400) });
    const from = commands >> 1;
    const changes = { policy: 'never-cache' } as const;
    const { opened, parting } = await ask('part', { run, changes, from });
    expect(parting?.at).toBeGreaterThanOrEqual(from);
    const before = (parting?.seq ?? 0) - 1;
    const frames = (of: number) => ask('frames', { run: of, after: 0, limit: before });
    expect(await frames(opened.run)).toEqual(await frames(run));
    const early = await ask('moment', { run: opened.run, of: [5, null] });
    expect(early).toEqual({ ...(await ask('moment', { run, of: [5, null] })), head: opened.head });
    const again = await ask('part', { run: opened.run, changes: { policy: 'mainline' }, from });
    expect(again.opened.commands).toBe(commands);
  });
});

describe('bounds and bad input', () => {
  const open = (from: object) => atDesk()('open', { from: from as never });

  test.each([
    [{ ...generated('nothing', 1) }, /^Cannot make workload "nothing": there are kpti, /],
    [generated('kpti', RUN_COMMANDS_MAX + 1), /^Cannot run 500001 commands: the page takes 500000/],
    [{ ...generated('kpti', 1), values: { x: 1 } }, /"kpti" has no "x"|no parameter "x"|x/],
    [{ kind: 'exhibit', exhibit: 'x', isOn: true }, 'Cannot show exhibit "x": there is none'],
    [
      { kind: 'written', config: { vcpus: 0 }, commands: [] },
      /^This is no case of this version: at config\/vcpus, /,
    ],
    [
      { kind: 'written', config: {}, commands: [{ kind: 'enter', vcpu: 0 }, { kind: 'reboot' }] },
      /^This is no case of this version: at commands\/1\/kind, /,
    ],
  ])('%j is refused', async (from, said) => {
    await expect(open(from)).rejects.toThrow(said);
  });

  test('a command that the machine refuses ends the run, with what came before', async () => {
    const commands = [
      { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
      { kind: 'enter', vcpu: 3 },
      { kind: 'enter', vcpu: 0 },
    ];
    const opened = await open({ kind: 'written', config: {}, commands });
    expect(opened.commands).toBe(1);
    expect(opened.failure).toBe('Cannot run "enter": no vCPU 3 (command 1)');
  });

  test('more commands run behind the others, and one that is refused leaves the run open', async () => {
    const ask = atDesk();
    const written = { kind: 'written', mmulab: '', config: {}, digest: null } as const;
    const { run, head } = await ask('open', { from: { ...written, commands: [] } });
    expect(head).toBe(0);
    const wrong = await ask('more', { run, commands: [{ kind: 'enter', vcpu: 9 }] });
    expect([wrong.commands, wrong.failure]).toEqual([
      0,
      'Cannot run "enter": no vCPU 9 (command 0)',
    ]);
    const more = await ask('more', { run, commands: [{ kind: 'enter', vcpu: 0 }] });
    expect([more.commands, more.failure]).toEqual([1, null]);
  });

  test('runs are bounded, and a closed one makes room', async () => {
    const ask = atDesk();
    const from = generated('kpti', 1);
    for (let i = 0; i < RUNS_MAX; i += 1) await ask('open', { from });
    await expect(ask('open', { from })).rejects.toThrow(`the page holds ${RUNS_MAX}, the bound`);
    await expect(ask('part', { run: 1, changes: {}, from: 0 })).rejects.toThrow('the bound');
    await ask('close', { run: 2 });
    expect((await ask('open', { from })).run).toBe(RUNS_MAX + 1);
    await expect(ask('moment', { run: 2, of: [1, null] })).rejects.toThrow('Cannot read run 2');
  });

  test('a call that nobody waits for any more ends at its next turn', async () => {
    let shares = 0;
    const turns = {
      isOver: () => true,
      next: async () => {
        shares += 1;
        if (shares === 3) throw new Error('Nobody waits');
      },
    };
    const opening = atDesk()('open', { from: generated('kpti', 1000) }, turns);
    await expect(opening).rejects.toThrow('Nobody waits');
    expect(shares).toBe(3);
  });
});
