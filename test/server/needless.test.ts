import { expect, test } from 'vitest';
import { MemoryJournal } from '../../src/journal/log/index.js';
import { dropNeedless } from '../../src/server/durable/drop-needless.js';
import { needlessOf } from '../../src/server/durable/needless.js';

const marked = (seqs: readonly number[], bytes: number) =>
  seqs.map((seq, index) => ({ position: index + 1, seq, bytes }));

const needless = (seqs: readonly number[], bytes = 1000) =>
  needlessOf(marked(seqs, bytes)).map(({ seq }) => seq);

test('the newest two checkpoints are needed, and of the others one for 4,096 records', () => {
  expect(needless([])).toEqual([]);
  expect(needless([10, 20])).toEqual([]);
  expect(needless([10, 20, 30])).toEqual([10]);
  expect(needless([4000, 4096, 6000, 8191, 8192, 8200, 8300])).toEqual([4000, 6000, 8191]);
});

test('of checkpoints that are large, fewer are needed', () => {
  expect(needless([4096, 8192, 16_384, 20_000, 20_001, 20_002], 1e6)).toEqual([4096, 8192, 20_000]);
});

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test('jobs, answers and VMs go by their age, and what has no age stays', async () => {
  const journal = new MemoryJournal();
  await journal.put('jobs', '#', text(7));
  await journal.put('jobs', 'job-1', text({ endedAt: 899 }));
  await journal.put('jobs', 'job-2', text({ endedAt: 900 }));
  await journal.put('jobs', 'job-3', text({ endedAt: null }));
  await journal.put('answers', 'a', text({ at: 949 }));
  await journal.put('answers', 'b', text({ at: 950 }));
  const record = { kind: 'made', seq: 0, identity: '', rules: 1, packing: 1 } as const;
  for (const [vm, at] of [
    ['old', 499],
    ['new', 500],
    ['unknown', undefined],
  ] as const) {
    const body = new Uint8Array();
    await journal.append(vm, {
      record: { ...record, body },
      after: 0,
      note: text({ number: 1, at }),
    });
    await journal.put('snapshots', `${vm}/one`, text({}));
  }
  const limits = { jobKeptMs: 100, idempotencyMs: 50 };
  expect(await dropNeedless(journal, { limits, now: 1000, vmMsMax: 500 })).toEqual({
    ...{ vms: 1, checkpoints: 0, jobs: 1, answers: 1 },
  });
  const left = async (room: string) => {
    const keys: string[] = [];
    for await (const { key } of journal.values(room)) keys.push(key);
    return keys;
  };
  expect(await left('jobs')).toEqual(['#', 'job-2', 'job-3']);
  expect(await left('answers')).toEqual(['b']);
  expect(await left('snapshots')).toEqual(['new/one', 'unknown/one']);
  expect((await journal.list()).map(({ vm }) => vm)).toEqual(['new', 'unknown']);
});
