import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findTraceCmd } from '../../../scripts/find-trace-cmd.js';
import { type Facts, factsOf, shortOf } from './facts-of.js';
import { MADE } from './made-dats.js';
import { asPluginsPrint, DATS, type Dat, datBytes, headOf, readDat } from './read-dat.js';

const TRACE_CMD = findTraceCmd();
const folder = mkdtempSync(join(tmpdir(), 'mmulab-trace-cmd-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Debian's 3.1 is built without zlib, 3.3 with it. */
const PACKINGS = ['zlib', 'zstd'].filter((name) => traceCmd('list', '-c').includes(name));
const FILES = readdirSync(DATS)
  .filter((name) => /\.dat(?:\.gz)?$/.test(name))
  .filter((name) => PACKINGS.includes('zlib') || !name.includes('zlib'));

/** Forms of a report, and whether the tools' plugins have a hand in it. */
const FORMS: readonly (readonly [form: string, hasPlugins: boolean])[] = [
  ['', true],
  ['-t', true],
  ['-l', true],
  ['-t -l', true],
  ['-R', false],
  ['-R -t -l', false],
  ['-N', false],
  ['--ts2secs 1000000000', true],
  ['--ts-diff', true],
  ['--ts-diff -t -l', true],
  ['--raw-ts', true],
  ['--align-ts', true],
  ['-n kvm_mmu_get_page', true],
];

const MISSED = 0x80000000;
const MISSED_IS_COUNTED = 0x40000000;
const COMMIT = 8;
const RECORDS = 16;

describe.each(FILES)('%s', (name) => {
  const file = join(folder, name.replace('.gz', ''));
  writeFileSync(file, datBytes(name));
  const dat = readDat(datBytes(name));

  test.each(FORMS)('reads as the same as its report: %s', (form, hasPlugins) => {
    const report = factsOf(traceCmd('report', ...form.split(' ').filter(Boolean), '-i', file));
    expect([...report.census.unread.values()]).toEqual([]);
    expect(eventsOf(report)).toEqual(eventsOf(dat));
    expect(pluginsOf(report.facts.map(shortOf), hasPlugins)).toEqual(
      pluginsOf(dat.facts, hasPlugins),
    );
  });

  test('every event stands where the report has it, to the nanosecond', () => {
    expect(shownBy(dat)).toEqual(reportedIn(file));
  });

  test.each(['6 none', '7 none', ...PACKINGS.map((packing) => `7 ${packing}`)])(
    'reads as the same when trace-cmd has converted it to version %s',
    (to) => {
      const [version = '', packing = ''] = to.split(' ');
      const out = join(folder, 'converted.dat');
      traceCmd(
        'convert',
        ...['-i', file, '-o', out, '--file-version', version, '--compression', packing],
      );
      const converted = readDat(readFileSync(out));
      expect([converted.head.version, converted.head.packing]).toEqual([Number(version), packing]);
      expect(converted.events).toEqual(dat.events);
      expect(converted.facts).toEqual(dat.facts);
    },
  );
});

test.each(['', '-l', '-R'])('files that a report merges keep apart: %s', (form) => {
  const [one, two] = ['k61-tc316-a2-kp.dat', 'k61-tc316-a2-lost.dat'];
  const inputs = [one, two].flatMap((name) => ['-i', join(folder, name)]);
  const { facts, stamps, census } = factsOf(
    traceCmd('report', ...form.split(' ').filter(Boolean), ...inputs),
  );
  expect([...census.unread.values()]).toEqual([]);
  for (const name of [one, two]) {
    const own = facts.filter((_, at) => stamps[at]?.task.host === name);
    const hasPlugins = form !== '-R';
    expect(pluginsOf(own.map(shortOf), hasPlugins)).toEqual(
      pluginsOf(readDat(datBytes(name)).facts, hasPlugins),
    );
  }
});

test.each(Object.entries(MADE))(
  'a recording that was made stands as in its report: %s',
  (name, bytes) => {
    const file = join(folder, `${name}.dat`);
    writeFileSync(file, bytes);
    expect(shownBy(readDat(bytes))).toEqual(reportedIn(file));
  },
);

test.each([
  ['with a count', 225],
  ['without', null],
])('a page behind which events were lost: %s', (_what, count) => {
  const bytes = Buffer.from(datBytes('k61-tc316-a2.v6.dat.gz'));
  const { page, length } = roomyPage(bytes);
  const flags = count === null ? MISSED : MISSED + MISSED_IS_COUNTED;
  bytes.writeUInt32LE(flags + length, page + COMMIT);
  if (count !== null) bytes.writeBigUInt64LE(BigInt(count), page + RECORDS + length);
  const file = join(folder, 'lost.dat');
  writeFileSync(file, bytes);
  const report = factsOf(traceCmd('report', '-R', '-i', file));
  const dat = readDat(bytes);
  expect(dat.facts.filter((fact) => fact.startsWith('lost'))).toEqual([`lost count:${count}`]);
  expect(dat.facts).toEqual(report.facts.map(shortOf));
  expect([dat.census.lost, report.census.lost]).toEqual([count ?? 1, count ?? 1]);
});

/** The first page behind another that has room for a count behind its records. */
function roomyPage(bytes: Buffer): { page: number; length: number } {
  const { cpus, pageBytes } = headOf(bytes);
  const { offset = 0, size = 0 } = cpus[0] ?? {};
  for (let page = offset + pageBytes; page < offset + size; page += pageBytes) {
    const length = bytes.readUInt32LE(page + COMMIT) & 0xfffff;
    if (RECORDS + length + 8 <= pageBytes) return { page, length };
  }
  throw new Error('All pages are full');
}

/** Thread, CPU, time and event of every line of a report. */
function reportedIn(file: string): string[] {
  return traceCmd('report', '-t', '-i', file)
    .split('\n')
    .flatMap((line) => {
      const [, pid, cpu, at, event] =
        /-(\d+) +\[(\d+)\].*?\s(\d+(?:\.\d{9})?): (\w+):/.exec(line) ?? [];
      return event === undefined ? [] : [`${pid} ${Number(cpu)} ${at?.replace('.', '')} ${event}`];
    });
}

function shownBy({ events, census }: Dat): string[] {
  const digits = (at: number) => (census.isTicks ? String(at) : String(at).padStart(10, '0'));
  return events.map((one) => `${one.pid} ${one.cpu} ${digits(one.at)} ${one.name}`);
}

function traceCmd(...args: readonly string[]): string {
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  return execFileSync(TRACE_CMD, args, {
    encoding: 'latin1',
    stdio: [...stdio],
    maxBuffer: 2 ** 27,
  });
}

/** Events by name, and how often each was. */
function eventsOf({ census }: Facts | Dat): Record<string, number> {
  return Object.fromEntries([...census.events].map(([name, { count }]) => [name, count]).sort());
}

function pluginsOf(facts: readonly string[], hasPlugins: boolean): readonly string[] {
  return hasPlugins ? facts.map(asPluginsPrint) : facts;
}
