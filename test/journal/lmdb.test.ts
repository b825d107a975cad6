import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FolderTaken, JOURNAL_FILE, LmdbJournal } from '../../src/journal/lmdb/index.js';
import { bytes, suite } from './suite.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mmulab-journal-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function open(path = folder()): Promise<LmdbJournal> {
  const journal = await LmdbJournal.open(path);
  onTestFinished(() => journal.close());
  return journal;
}

suite(() => open());

const append = (journal: LmdbJournal, after: number) =>
  journal.append('vm-1', {
    record: { kind: 'ran', seq: after, identity: '', rules: 1, packing: 1, body: bytes('body') },
    after,
    note: bytes(`note ${after}`),
  });

test('what was kept is there when the folder is opened again', async () => {
  const path = folder();
  const before = await LmdbJournal.open(path);
  await append(before, 0);
  await append(before, 1);
  await before.keepCheckpoint('vm-1', { position: 2, bytes: bytes('state') });
  await before.put('jobs', 'job-1', bytes('done'));
  const { bytes: size } = before;
  await before.close();
  const journal = await open(path);
  const [head] = await journal.list();
  expect([head?.vm, head?.position, head?.bytes]).toEqual(['vm-1', 2, size]);
  expect(new TextDecoder().decode(head?.note)).toBe('note 1');
  expect(await append(journal, 2)).toEqual({ position: 3 });
  for await (const { key } of journal.values('jobs')) expect(key).toBe('job-1');
  expect((await journal.checkpoints('vm-1')).map(({ position }) => position)).toEqual([2]);
});

test('a folder belongs to one journal at a time, and is free when that one is closed', async () => {
  const path = folder();
  const first = await LmdbJournal.open(path);
  await expect(LmdbJournal.open(path)).rejects.toThrow(FolderTaken);
  await expect(LmdbJournal.open(path)).rejects.toThrow(`process ${process.pid} has it`);
  await first.close();
  expect(readdirSync(path).sort()).toEqual(['journal.mdb', 'journal.mdb-lock']);
  await open(path);
});

test('a folder with a long name is locked as well', async () => {
  const path = join(folder(), 'n'.repeat(120), 'deeper');
  await open(path);
  await expect(LmdbJournal.open(path)).rejects.toThrow(FolderTaken);
});

test('beyond its bound a journal takes deletions alone, and goes on when there is room', async () => {
  const path = folder();
  const journal = await LmdbJournal.open(path, 400_000);
  onTestFinished(() => journal.close());
  const put = (key: string) => journal.put('jobs', key, new Uint8Array(100_000));
  const names: string[] = [];
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await put(key).then(
      () => names.push(key),
      () => {},
    );
  }
  expect(names).toEqual(['a', 'b', 'c', 'd']);
  const [removed, refused] = await Promise.allSettled([journal.remove('jobs', 'a'), put('g')]);
  expect(removed.status).toBe('fulfilled');
  expect(refused).toMatchObject({ status: 'rejected', reason: { isFull: true } });
  const { reason } = refused as PromiseRejectedResult;
  expect(String(reason)).toMatch(/: it has \d+ bytes, and 400000 are the bound; delete VMs$/);
  await journal.remove('jobs', 'b');
  await put('h');
  const keys: string[] = [];
  for await (const { key } of journal.values('jobs')) keys.push(key);
  expect(keys).toEqual(['c', 'd', 'h']);
});

test('whoever reads waits for what was written before, and not for all that follows', async () => {
  const journal = await open();
  let isOver = false;
  const write = async (room: string) => {
    while (!isOver) await journal.put(room, 'key', bytes('value'));
  };
  const writers = [write('a'), write('b'), write('c')];
  await append(journal, 0);
  let records = 0;
  for await (const _ of journal.read('vm-1', 1)) records += 1;
  await journal.delete('vm-1');
  isOver = true;
  await Promise.all(writers);
  expect([records, await journal.list()]).toEqual([1, []]);
});

test('a file without its free pages has all that there is, and is smaller', async () => {
  const path = folder();
  const journal = await LmdbJournal.open(path);
  await append(journal, 0);
  await journal.put('jobs', 'job-1', new Uint8Array(100_000));
  await journal.remove('jobs', 'job-1');
  const before = statSync(join(path, JOURNAL_FILE)).size;
  await journal.closeCompacted();
  expect(before - statSync(join(path, JOURNAL_FILE)).size).toBeGreaterThan(100_000);
  expect(readdirSync(path).sort()).toEqual(['journal.mdb', 'journal.mdb-lock']);
  const again = await open(path);
  expect((await again.list()).map(({ vm, position }) => [vm, position])).toEqual([['vm-1', 1]]);
});
