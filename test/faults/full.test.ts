import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openFolder } from '../../src/cli/journal-folder.js';
import { LmdbJournal } from '../../src/journal/lmdb/index.js';
import { addressIn, isBuilt, ROOT, titleOf } from '../cli/program.js';
import { ask, plainIds, startApp } from '../server/start.js';
import { tell } from './server.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mmulab-full-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('a journal at its bound refuses what takes room, and goes on by itself behind a deletion', async () => {
  const journal = await LmdbJournal.open(folder(), 300_000);
  const app = await startApp({ ids: plainIds, epoch: 'test', journal });
  const make = () => ask(app, 'POST', '/v1/vms', { name: 'n'.repeat(64) });
  let made = await make();
  for (let count = 1; made.status === 201 && count < 1000; count += 1) made = await make();
  expect([made.status, made.json.code, made.json.detail]).toEqual([
    503,
    'journal-failed',
    expect.stringMatching(
      /^Cannot keep what this request did, which is undone: there is no room for the journal \(it has \d+ bytes, and 300000 are the bound; delete VMs\)$/,
    ),
  ]);
  const ready = await ask(app, 'GET', '/readyz');
  expect([ready.status, ready.json.detail]).toEqual([
    503,
    expect.stringMatching(/^Cannot keep VMs: there is no room for the journal \(it has /),
  ]);
  expect((await ask(app, 'GET', '/v1/vms/vm-1')).status).toBe(200);
  for (let i = 1; i <= 20; i += 1) {
    expect((await ask(app, 'DELETE', `/v1/vms/vm-${i}`)).status).toBe(204);
  }
  await expect.poll(async () => (await ask(app, 'GET', '/readyz')).status).toBe(200);
  expect((await make()).status).toBe(201);
});

test('a folder that cannot be written is refused in a sentence', async () => {
  const path = folder();
  chmodSync(path, 0o555);
  const told = await asNobody(() => openFolder(path, 'Cannot serve').catch(String));
  expect(told).toMatch(
    /^WrongUse: Cannot serve: VMs cannot be kept in the folder ".*" \(.*EACCES.*\); name another with --data$/,
  );
});

/** Runs without the rights of the superuser, whom no mode of a folder keeps out. */
async function asNobody<T>(run: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await run();
  process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

const hasLimits = spawnSync('prlimit', ['--version']).status === 0;

/** Bytes that a file of the server may have at first. */
const FILE_BYTES = 512 * 1024;

describe.skipIf(!isBuilt || !hasLimits)(titleOf('a file that can grow no more'), () => {
  test('is told, loses nothing that was acknowledged, and grows when it can again', async () => {
    const data = folder();
    const limited = `trap '' XFSZ; ulimit -S -f ${FILE_BYTES / 1024}; exec "$@"`;
    const serve = [
      process.execPath,
      `${ROOT}bin/mmulab.js`,
      'serve',
      '--port',
      '0',
      '--data',
      data,
    ];
    const child = spawn('bash', ['-c', limited, 'bash', ...serve]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const url = await addressIn(child);
    child.stdout.resume();
    const { json: vm } = (await tell(`${url}/v1/vms`, 'POST', {})) ?? {};
    const path = `${url}/v1/vms/${vm.id}`;
    let seq = 0;
    let refused = null;
    for (let i = 0; refused === null && i < 1000; i += 1) {
      const commands = Array.from({ length: 200 }, (_, j) => ({
        ...{ kind: 'mov-cr3', vcpu: 0 },
        value: `0x${(0x1000 * (200 * i + j + 1)).toString(16)}`,
      }));
      const answer = await tell(`${path}/commands`, 'POST', commands);
      if (answer?.status === 200) seq = answer.json.results.at(-1).seq;
      else refused = answer;
    }
    expect([refused?.status, refused?.json.code]).toEqual([503, 'journal-failed']);
    // LMDB calls a page of which a part was written an error of input or output.
    expect(refused?.json.detail).toMatch(
      /which is undone: (?:there is no room for the journal|the journal cannot be written) \(.+\)$/,
    );
    expect((await tell(`${url}/readyz`))?.status).toBe(503);
    const before = await tell(path);
    expect([before?.status, before?.json.seq >= seq]).toEqual([200, true]);
    spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
    await expect.poll(async () => (await tell(`${url}/readyz`))?.status).toBe(200);
    const moved = await tell(`${path}/vcpus/0/mov-cr3`, 'POST', { value: '0x1000' });
    expect(moved?.status).toBe(200);
    const answer = await tell(`${path}/case`);
    expect([answer?.status, answer?.json.detail]).toEqual([200, undefined]);
  });
});
