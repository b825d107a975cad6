import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { LmdbJournal } from '../../src/journal/lmdb/index.js';
import { ask, startApp } from '../server/start.js';
import { run } from './run.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mmulab-tools-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A server on a journal; ids tell the servers apart. */
async function serve(path: string, epoch = 'a'): Promise<FastifyInstance> {
  const journal = await LmdbJournal.open(path);
  const ids = (kind: string, number: number) => `${kind}-${number}-${epoch}`;
  return await startApp({ journal, epoch, ids, limits: { eventLoopDelayMs: 0 } });
}

const moves = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    ...{ kind: 'mov-cr3', vcpu: 0 },
    value: `0x${(0x100 + (i % 4)).toString(16)}000`,
  }));

/** Two VMs: one with checkpoints and a snapshot, one with three records of a move each. */
async function filled(): Promise<string> {
  const path = folder();
  const app = await serve(path);
  await ask(app, 'POST', '/v1/vms', { name: 'long' });
  for (let i = 0; i < 4; i += 1) {
    await ask(app, 'POST', '/v1/vms/vm-1-a/commands', moves(1100));
  }
  await ask(app, 'POST', '/v1/vms/vm-1-a/snapshots', { name: 'one' });
  await ask(app, 'POST', '/v1/vms', { name: 'short' });
  for (const value of ['0x11111000', '0x22222000', '0x33333000']) {
    await ask(app, 'POST', '/v1/vms/vm-2-a/vcpus/0/mov-cr3', { value });
  }
  await app.close();
  return path;
}

const journal = (path: string, ...args: string[]) => {
  const [name = '', ...rest] = args;
  return run(['journal', name, '--data', path, ...rest]);
};

/** All that a server tells of its VMs. */
async function toldBy(path: string, epoch = 'z'): Promise<unknown[]> {
  const app = await serve(path, epoch);
  const list = await ask(app, 'GET', '/v1/vms');
  const told: unknown[] = [list.json];
  for (const { id } of list.json.vms) {
    for (const view of ['', '/vcpus', '/digest', '/snapshots', '/events?limit=100']) {
      const { json, headers } = await ask(app, 'GET', `/v1/vms/${id}${view}`);
      told.push([id, view, json, headers.etag]);
    }
  }
  await app.close();
  return told;
}

/** How many records there are is a matter of how the loop turned. */
const WHOLE =
  /^2 VMs, [0-9]+ records, [3-9] checkpoints, 1 snapshot, 4,403 commands run again, 3 values beside them: every VM is whole\n$/;

test('a journal is verified, exported, taken in elsewhere and compacted', async () => {
  const path = await filled();
  const { code, stdout, stderr } = await journal(path, 'verify');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(WHOLE);
  const before = await toldBy(path);
  const file = join(folder(), 'all.ndjson');
  expect(await journal(path, 'export', file)).toEqual({ code: 0, stdout: '', stderr: '' });
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).line).join(' ')).toMatch(
    /^journal( value){3} vm( record)+( checkpoint)+ value vm( record){4} end$/,
  );
  const other = folder();
  expect(await journal(other, 'import', file)).toMatchObject({
    code: 0,
    stdout: '2 VMs taken in, with the jobs, answers and price lists beside them\n',
  });
  expect(await toldBy(other)).toEqual(before);
  expect(await journal(other, 'import', file)).toEqual({
    code: 2,
    stdout: '',
    stderr: `Cannot import "${file}": VM "vm-1-a" is there already; delete it first, or name a new folder\n`,
  });

  const compacted = await journal(path, 'compact');
  expect(compacted.code).toBe(0);
  const sizes = /^([\d,]+) bytes before, ([\d,]+) after; dropped (.*)\n$/;
  const [, large = '', small = '', dropped] = sizes.exec(compacted.stdout) ?? [];
  expect(Number(small.replaceAll(',', ''))).toBeLessThan(Number(large.replaceAll(',', '')));
  expect(dropped).toBe('0 VMs, 0 checkpoints, 0 jobs, 0 answers');
  expect(await toldBy(path)).toEqual(before);
  expect(await journal(path, 'compact', '--older-than', '1')).toMatchObject({ code: 0 });
  expect((await toldBy(path))[0]).toEqual(before[0]);
});

test('one VM goes behind those of another server, and its id is not given again', async () => {
  const path = await filled();
  const file = join(folder(), 'one.ndjson');
  expect(await journal(path, 'export', '--vm', 'vm-2-a', file)).toMatchObject({ code: 0 });
  const other = folder();
  const app = await serve(other, 'b');
  await ask(app, 'POST', '/v1/vms', { name: 'there' });
  await app.close();
  expect(await journal(other, 'import', file)).toMatchObject({
    code: 0,
    stdout: '1 VM taken in\n',
  });
  const [list] = await toldBy(other);
  expect(list).toMatchObject({ vms: [{ id: 'vm-1-b' }, { id: 'vm-2-a', seq: 34 }] });

  const again = folder();
  const same = await serve(again, 'a');
  await ask(same, 'POST', '/v1/vms', { name: 'there' });
  await same.close();
  await journal(again, 'import', file);
  const later = await serve(again, 'a');
  expect((await ask(later, 'POST', '/v1/vms', {})).json.id).toBe('vm-3-a');
});

test('a damaged record is named with what it costs, and left out of an export', async () => {
  const path = await filled();
  const place = join(path, 'journal.mdb');
  const bytes = readFileSync(place);
  // 0x22222 packed, seven bits a byte: in every copy, because pages that are free have old ones.
  const needle = Buffer.from([0xa2, 0xc4, 0x08]);
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) {
    bytes[at + 1] = 0xc5;
  }
  writeFileSync(place, bytes);
  const { code, stdout } = await journal(path, 'verify', 'vm-2-a');
  expect([code, stdout]).toEqual([
    1,
    'vm-2-a: record 3 of 4: its checksum is wrong; what follows it is lost\n' +
      '1 VM, 3 records, 0 checkpoints, 0 snapshots, 1 command run again, 0 values beside them: 1 VM not whole\n',
  ]);
  const json = JSON.parse((await journal(path, 'verify', '--json')).stdout);
  expect([json.isWhole, json.vms[0].flaws]).toEqual([false, []]);
  const exported = await journal(path, 'export', '--vm', 'vm-2-a', '-');
  expect([exported.code, exported.stderr]).toEqual([
    1,
    'vm-2-a: record 3: its checksum is wrong; what follows it is left out\n',
  ]);
  const file = join(folder(), 'rest.ndjson');
  writeFileSync(file, exported.stdout);
  const other = folder();
  await journal(other, 'import', file);
  const app = await serve(other);
  expect((await ask(app, 'GET', '/v1/vms/vm-2-a/vcpus/0')).json.cr3).toBe('0x11111000');
});

test('a file that is not whole, or of other rules, is refused and changes nothing', async () => {
  const path = await filled();
  const { stdout: text } = await journal(path, 'export', '--vm', 'vm-2-a', '-');
  const lines = text.trimEnd().split('\n');
  const file = join(folder(), 'bad.ndjson');
  const other = folder();
  const reasonFor = async (changed: string) => {
    writeFileSync(file, changed);
    const { code, stderr } = await journal(other, 'import', file);
    expect(code).toBe(2);
    return stderr.replace(`Cannot import "${file}": `, '').trimEnd();
  };
  expect(await reasonFor('')).toBe('the file is empty');
  expect(await reasonFor(lines.slice(0, -1).join('\n'))).toBe(
    'the file was cut short: its last line is missing',
  );
  expect(await reasonFor(text.slice(0, -20))).toBe(`line ${lines.length} is no JSON`);
  expect(await reasonFor(text.replace('"short"', '"other"'))).toBe(
    'the file was changed: its lines are others than were written',
  );
  expect(await reasonFor(lines.slice(1).join('\n'))).toBe(
    'line 1 does not say that it is an exported journal',
  );
  expect(await reasonFor(text.replace('"kind":"ran"', '"kind":"jumped"'))).toMatch(
    /^line 4 is none of an exported journal \(kind: /,
  );
  expect(await reasonFor(text.replace(/"rules":1(?=,"packing":1,"facts")/, '"rules":2'))).toBe(
    'line 3 was written under rules 2, and these are 1; the version of mmulab that wrote it reads it',
  );
  expect(await journal(other, 'verify')).toMatchObject({
    stdout:
      '0 VMs, 0 records, 0 checkpoints, 0 snapshots, 0 commands run again, 0 values beside them: every VM is whole\n',
  });
});

test('what cannot be done is told in a sentence', async () => {
  const path = folder();
  const told = async (...args: string[]) => {
    const { code, stderr } = await journal(path, ...args);
    expect(code).toBe(2);
    return stderr.trimEnd();
  };
  const none = `there is no journal in "${path}"; name its folder with --data`;
  expect(await told('verify')).toBe(`Cannot verify: ${none}`);
  expect(await told('export', '-')).toBe(`Cannot export: ${none}`);
  expect(await told('compact')).toBe(`Cannot compact: ${none}`);
  const app = await serve(path);
  const taken = `the folder "${path}" is taken: process ${process.pid} has it; stop it, or name another folder with --data`;
  expect(await told('verify')).toBe(`Cannot verify: ${taken}`);
  expect(await told('import', 'x')).toBe(`Cannot import: ${taken}`);
  await app.close();
  expect(await told('verify', 'vm-9')).toBe('Cannot verify: no VM "vm-9" is kept there');
  expect(await told('export', '--vm', 'vm-9', '-')).toBe(
    'Cannot export: no VM "vm-9" is kept there',
  );
  expect(await told('import', join(path, 'none'))).toMatch(/^Cannot read ".*none": ENOENT/);
  expect(await told('export', join(path, 'no/where'))).toMatch(/^Cannot write ".*": ENOENT/);
  expect(await told('compact', '--older-than', '0')).toBe(
    'Cannot compact: --older-than "0" is not a number of days from 1',
  );
  expect((await run(['journal', 'nope'])).stderr).toBe(
    `Cannot run "journal": unknown command 'nope'; there are verify, export, import, compact\n`,
  );
});
