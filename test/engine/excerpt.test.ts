import { expect, test } from 'vitest';
import type { LabVm } from '../../src/client/index.js';
import { createLab } from '../../src/client/index.js';
import { caseOfFile, excerptOf, fileOfExcerpt } from '../../web/model/case-file.js';
import type { ExcerptCase } from '../../web/model/local-case.js';
import { atDesk, generated } from './at-desk.js';

/** A VM that has run the first half of a workload, and the second half. */
async function vmOf(workload: string, count: number, changes = {}) {
  const ask = atDesk();
  const { run } = await ask('open', { from: generated(workload, count, changes) });
  const { config, commands } = await ask('export', { run });
  const vm = await createLab().createVm(JSON.parse(JSON.stringify(config)));
  const list = JSON.parse(JSON.stringify(commands));
  await vm.runAll(list.slice(0, count / 2));
  return { vm, rest: list.slice(count / 2) };
}

/** An excerpt as the page is sent it. */
async function sent(vm: LabVm, at?: number): Promise<ExcerptCase> {
  return excerptOf(JSON.parse(JSON.stringify(await vm.excerpt(at))));
}

test('a part of a history goes on in the page as it did on the server', async () => {
  const { vm, rest } = await vmOf('shootdown', 400);
  await vm.snapshot('amid');
  const { seq: taken } = await vm.restore('amid');
  await vm.runAll(rest);
  const from = await sent(vm);
  expect([from.after, from.commands.length]).toEqual([taken, rest.length]);
  const ask = atDesk();
  const { run, start, head, digest } = await ask('open', { from });
  expect([start, digest]).toEqual([taken, (await vm.digest()).state]);
  const { events, head: newest } = await vm.history({ after: taken, limit: 1000 });
  expect(head).toBe(newest);
  // A cause that lies before the state is not known.
  const known = events.map((event) =>
    event.type === 'event' && (event.causedBy ?? start + 1) <= start
      ? { ...event, causedBy: null, vm: 'local' }
      : { ...event, vm: 'local' },
  );
  expect(await ask('frames', { run, after: start, limit: 1000 })).toEqual(known);

  const at = taken + 100;
  for (const seq of [taken, taken + 1, at, head]) {
    const { after, oldest } = await ask('moment', { run, of: [seq, 1] });
    expect([oldest, after]).toEqual([start, await vm.vcpu(1, { at: seq })]);
  }
  const timeline = await ask('timeline', { run, from: 0, to: null, buckets: 64 });
  expect([timeline.oldest, timeline.from, timeline.to]).toEqual([start, start, head]);
  const why = await ask('why', { run, of: [at] });
  expect(why.seq).toBe(at);

  // The file of it is read as it was sent.
  expect(caseOfFile(JSON.stringify(fileOfExcerpt(from)))).toEqual(from);
  await expect(ask('export', { run })).rejects.toThrow('begins amid the past of a VM');
});

test('other rules take over in its state', async () => {
  const { vm } = await vmOf('hostile', 200, { policy: 'need-sync' });
  await vm.snapshot('here');
  const { seq } = await vm.restore('here');
  const { head } = await vm.run({ kind: 'enter', vcpu: 0 }).then(() => vm.history({ limit: 1 }));
  const from = await sent(vm);
  // A restored snapshot is where the part begins that can be run.
  expect([from.after, from.commands.length]).toEqual([seq, 1]);
  const ask = atDesk();
  const { run, digest, ...opened } = await ask('open', { from });
  expect([opened.head, digest]).toEqual([head, (await vm.digest()).state]);
  const changes = { policy: 'never-cache' } as const;
  const parted = await ask('part', { run, changes, from: 0 });
  expect([parted.opened.start, parted.opened.policy]).toEqual([seq, 'never-cache']);
  expect(await ask('counterpart', { run, other: parted.opened.run, seq: 1 })).toBe(seq);
  expect(await ask('commandsBehind', { run, seq: 3 })).toBe(0);
});

test('a state that is damaged is refused in a sentence', async () => {
  const { vm } = await vmOf('kpti', 10);
  const from = await sent(vm);
  const open = (state: string) => atDesk()('open', { from: { ...from, state } });
  const words = /^The state in this excerpt is damaged, or of another version: /;
  await expect(open(`${from.state.slice(0, -40)}`)).rejects.toThrow(words);
  await expect(open('AAAA')).rejects.toThrow(words);
  await expect(open('%')).rejects.toThrow(words);
});
