import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LmdbJournal } from '../../src/journal/lmdb/index.js';
import { NotWritten } from '../../src/journal/log/index.js';
import { isBuilt, start as run, titleOf } from '../cli/program.js';
import { ask, plainIds, startApp } from '../server/start.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mmulab-damage-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function start(path: string) {
  const journal = await LmdbJournal.open(path);
  return { journal, app: await startApp({ ids: plainIds, epoch: 'test', journal }) };
}

const move = (value: string) => ({ value });

/** Two VMs, each of which moved CR3 three times, every move in a record of its own. */
async function written(path: string): Promise<void> {
  const { app } = await start(path);
  for (const vm of ['vm-1', 'vm-2']) {
    await ask(app, 'POST', '/v1/vms', { name: vm });
    for (const value of ['0x11111000', '0x22222000', '0x33333000']) {
      await ask(app, 'POST', `/v1/vms/${vm}/vcpus/0/mov-cr3`, move(value));
    }
  }
  await app.close();
}

async function cr3Of(path: string): Promise<unknown[]> {
  const { app } = await start(path);
  const found: unknown[] = [];
  for (const vm of ['vm-1', 'vm-2']) {
    const { json } = await ask(app, 'GET', `/v1/vms/${vm}/vcpus/0`);
    found.push(json.cr3 ?? json.detail);
  }
  await app.close();
  return found;
}

test('one bit flipped in a record costs what follows it in that VM, and nothing else', async () => {
  const [path, copy] = [folder(), folder()];
  await written(path);
  const file = readFileSync(join(path, 'journal.mdb'));
  // The second move of each VM: 0x22222 packed, seven bits a byte.
  const needle = Buffer.from([0xa2, 0xc4, 0x08]);
  const outcomes = new Set<string>();
  for (let at = file.indexOf(needle); at !== -1; at = file.indexOf(needle, at + 1)) {
    const bytes = Buffer.from(file);
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(join(copy, 'journal.mdb'), bytes);
    const found = await cr3Of(copy);
    outcomes.add(found.join());
    // Having been told once, the VM goes on where it was before the damage.
    expect(await cr3Of(copy)).toEqual(found);
  }
  // A page that is free now may still have an old copy of a record.
  outcomes.delete('0x33333000,0x33333000');
  expect([...outcomes].sort()).toEqual(['0x11111000,0x33333000', '0x33333000,0x11111000']);
});

/** Words that LMDB writes itself, past anybody, where a page is lost. */
const OF_LMDB = /^(?:internal error, index points to a \w+ page!\?\n)*$/;

// In a process of its own: what LMDB writes is no concern of whoever reads the log of the tests.
describe.skipIf(!isBuilt)(titleOf('a file that was cut short'), () => {
  test('is refused in a sentence, or told by what is missing, and ends no process', async () => {
    const path = folder();
    await written(path);
    const file = readFileSync(join(path, 'journal.mdb'));
    const outcomes: (number | null)[] = [];
    for (const share of [1 / 4, 1 / 2, 3 / 4, 1]) {
      const copy = folder();
      const length = Math.floor((file.length * share) / 4096) * 4096;
      writeFileSync(join(copy, 'journal.mdb'), file.subarray(0, length));
      const { code, stdout, stderr } = await programTold('journal', 'verify', '--data', copy);
      if (code === 2)
        expect(stderr.replace(/^internal.*\n/gm, '')).toMatch(/^Cannot verify: .+\n$/);
      else expect(stderr).toMatch(OF_LMDB);
      if (code !== 2) expect(stdout).toMatch(/: (?:every VM is whole|.* not whole)\n$/);
      outcomes.push(code);
    }
    expect(outcomes.at(-1)).toBe(0);
    expect(outcomes.slice(0, -1).every((code) => code === 1 || code === 2)).toBe(true);
  });
});

const programTold = (...args: string[]) => run(...args).ended;

test('a copy of the file as of its last sync has all that was acknowledged', async () => {
  const [path, copy] = [folder(), folder()];
  const { app } = await start(path);
  await ask(app, 'POST', '/v1/vms', {});
  for (let i = 1; i <= 20; i += 1) {
    const value = `0x${i.toString(16)}000`;
    await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', move(value));
    // Each answer is behind a sync, so that what is in the file now is what a crash would leave.
    copyFileSync(join(path, 'journal.mdb'), join(copy, 'journal.mdb'));
    const again = await start(copy);
    const { json } = await ask(again.app, 'GET', '/v1/vms/vm-1/vcpus/0');
    expect(json.cr3).toBe(value);
    await again.app.close();
  }
});

test('what cannot be written is undone and told, and goes on by itself', async () => {
  const path = folder();
  const { app, journal } = await start(path);
  await ask(app, 'POST', '/v1/vms', {});
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', move('0x1000'));
  const before = await ask(app, 'GET', '/v1/vms/vm-1');
  const append = journal.append.bind(journal);
  journal.append = async () => {
    throw new NotWritten('no space left on device', true);
  };
  const refused = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', move('0x2000'));
  expect([refused.status, refused.json.code, refused.json.detail]).toEqual([
    503,
    'journal-failed',
    'Cannot keep what this request did, which is undone: there is no room for the journal (no space left on device)',
  ]);
  const made = await ask(app, 'POST', '/v1/vms', {});
  expect([made.status, (await ask(app, 'GET', '/v1/vms')).json.total]).toEqual([503, 1]);
  const ready = await ask(app, 'GET', '/readyz');
  expect([ready.status, ready.json.code]).toEqual([503, 'journal-failed']);
  const after = await ask(app, 'GET', '/v1/vms/vm-1');
  expect([after.json, after.headers.etag]).toEqual([before.json, before.headers.etag]);
  journal.append = append;
  const again = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', move('0x3000'));
  expect(again.status).toBe(200);
  expect((await ask(app, 'GET', '/readyz')).json.kept).toBe(journal.worth);
});

test('a VM that nobody uses sleeps where there is no room for another, and is woken', async () => {
  const journal = await LmdbJournal.open(folder());
  const limits = { vms: 2, idleMs: 3_600_000, eventLoopDelayMs: 0 };
  const app = await startApp({ ids: plainIds, epoch: 'test', journal, limits });
  for (let i = 1; i <= 5; i += 1) {
    expect((await ask(app, 'POST', '/v1/vms', { name: `n${i}` })).status).toBe(201);
    await ask(app, 'POST', `/v1/vms/vm-${i}/vcpus/0/mov-cr3`, move(`0x${i}000`));
  }
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(5);
  for (let i = 1; i <= 5; i += 1) {
    expect((await ask(app, 'GET', `/v1/vms/vm-${i}/vcpus/0`)).json.cr3).toBe(`0x${i}000`);
  }
});
