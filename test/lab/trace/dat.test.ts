import { readFileSync } from 'node:fs';
import { gunzipSync, inflateSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { describe, expect, test } from 'vitest';
import {
  type ByteSource,
  type Census,
  createCensus,
  type DatEvent,
  type Decompressors,
  datSteps,
  openDat,
} from '../../../src/lab/trace/index.js';
import { factsOf, shortOf } from './facts-of.js';

const FOLDER = new URL('../../../conformance/kvm-traces/dat/', import.meta.url);

const DECOMPRESSORS: Decompressors = {
  zlib: (packed) => inflateSync(packed),
  zstd: (packed, bytes) => decompress(packed, new Uint8Array(bytes)),
};

/** Recordings, the report of trace-cmd on each, the digits of its times, and its events. */
const REPORTS: readonly (readonly [dat: string, report: string, digits: number, events: number])[] =
  [
    ['k61-tc316-a2-kp.dat', 'k61-tc316-a2-kp.report12-t', 9, 1910],
    ['k73-tc331-smp-two.dat', 'k73-tc331-smp-two.report13', 6, 3076],
    ['k61-tc316-a2-lost.dat', 'k61-tc316-a2-lost.report12', 6, 1267],
    ['k61-tc316-a2-counter.dat', 'k61-tc316-a2-counter.report12', 0, 452],
    ['k61-tc316-a2-func.dat', 'k61-tc316-a2-func.report12', 6, 992],
    ['k61-tc316-a2-stack.dat', 'k61-tc316-a2-stack.report12', 6, 160],
  ];

describe('trace.dat', () => {
  test.each(REPORTS)(
    '%s: every event of trace-cmd report, in its order',
    (dat, report, digits, count) => {
      const { events } = readDat(bytesOf(dat));
      const reported = reportedEvents(textOf(report));
      expect(reported).toHaveLength(count);
      const shown = events.map(
        ({ at, cpu, pid, name }) => `${pid} ${cpu} ${timeText(at, digits)} ${name}`,
      );
      expect(shown).toEqual(reported);
    },
  );

  test.each(REPORTS.slice(0, 3))('%s: says what its report says', (dat, report) => {
    const binary = readDat(bytesOf(dat)).facts.map(known);
    const text = factsOf(textOf(report)).facts.map(shortOf).map(known);
    expect(binary).toEqual(text);
  });

  test('version 6 and 7, plain and packed by zlib, hold the same', () => {
    const v6 = readDat(bytesOf('k61-tc316-a2.v6.dat.gz'));
    const v7 = readDat(bytesOf('k61-tc316-a2.v7zlib.dat'));
    expect(v6.events).toHaveLength(1270);
    expect(v7.events).toEqual(v6.events);
    expect(v7.facts).toEqual(v6.facts);
    expect([v6.census.release, v7.census.release]).toEqual([
      '6.1.0-57-cloud-amd64',
      '6.1.0-57-cloud-amd64',
    ]);
  });

  test('roles are decoded by their bits, where the plugin of the tools prints them wrongly', () => {
    const { facts } = readDat(bytesOf('k73-tc331-smp-two.dat'));
    expect(facts.find((fact) => fact.startsWith('page synced'))).toBe(
      'page synced gfn:130 level:1 isDirect:false',
    );
  });

  test('a file that breaks off anywhere gives what it has, or a sentence', () => {
    const whole = bytesOf('k61-tc316-a2.v6.dat.gz');
    const messages = new Set<string>();
    let most = 0;
    for (let size = 0; size < whole.length; size += 4999) {
      try {
        most = Math.max(most, readDat(whole.subarray(0, size)).events.length);
      } catch (error) {
        messages.add((error as Error).message);
        expect((error as Error).name).toBe('DatFlaw');
      }
    }
    expect(messages).toContain('it is no trace.dat');
    expect(messages).toContain('it breaks off in its head');
    expect(most).toBeGreaterThan(0);
  });

  test('garbage behind a good head is counted or passed over, and never thrown', () => {
    for (const name of ['k61-tc316-a2.v6.dat.gz', 'k61-tc316-a2-kp.dat']) {
      const bytes = Buffer.from(bytesOf(name));
      const [cpu] = openDat(sourceOf(bytes), DECOMPRESSORS).cpus;
      const { offset, size } = cpu as NonNullable<typeof cpu>;
      let state = 12345;
      for (let at = offset + Math.floor(size / 2); at < offset + size; at += 1) {
        state = (state * 1103515245 + 12345) % 2 ** 31;
        bytes[at] = state >> 16;
      }
      const { census } = readDat(bytes);
      expect(census.lines).toBeLessThan(bytes.length);
      expect([...census.unread.values()].length).toBeGreaterThan(0);
    }
  });

  test('a version that is not known is said', () => {
    const bytes = Buffer.from(bytesOf('k61-tc316-a2-kp.dat'));
    bytes[10] = 57;
    expect(() => readDat(bytes)).toThrow('version 9 of trace.dat is not read; 6 and 7 are');
  });
});

function bytesOf(name: string): Buffer {
  const bytes = readFileSync(new URL(name, FOLDER));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

function textOf(report: string): string {
  return gunzipSync(readFileSync(new URL(`${report}.txt.gz`, FOLDER))).toString('latin1');
}

function readDat(bytes: Buffer): { events: DatEvent[]; facts: string[]; census: Census } {
  const source = sourceOf(bytes);
  const census = createCensus();
  const events: DatEvent[] = [];
  const facts: string[] = [];
  const head = openDat(source, DECOMPRESSORS);
  const steps = datSteps(source, head, {
    decompressors: DECOMPRESSORS,
    census,
    take: (fact) => facts.push(shortOf(fact)),
    watch: (event) => events.push(event),
  });
  while (steps.next().done !== true);
  return { events, facts, census };
}

function sourceOf(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** Lines of a report: thread, CPU, time and event; lines of stacks have none. */
function reportedEvents(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const found = /-(\d+)\s+\[(\d+)\].*?\s(\d+(?:\.\d+)?): (\w+):/.exec(line);
    return found === null ? [] : [`${found[1]} ${Number(found[2])} ${found[3]} ${found[4]}`];
  });
}

/** A time as trace-cmd prints it: seconds, rounded to so many digits, or the number itself. */
function timeText(at: number, digits: number): string {
  if (digits === 0) return String(at);
  const unit = 10 ** (9 - digits);
  const rounded = Math.round(at / unit);
  const second = 10 ** digits;
  return `${Math.floor(rounded / second)}.${String(rounded % second).padStart(digits, '0')}`;
}

/** Leaves out what the plugin of the tools does not print, or prints wrongly. */
function known(fact: string): string {
  return fact
    .replace(/ vcpu:\w+/, '')
    .replace(/^(page (?:zapped|synced|unsynced)) gfn:\w+/, '$1')
    .replace(/^(exit .*) info1.*/, '$1')
    .replace(/^(spte|insn) .*/, '$1');
}
