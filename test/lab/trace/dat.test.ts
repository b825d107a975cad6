import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { factsOf, shortOf } from './facts-of.js';
import { asPluginsPrint, DATS, datBytes, headOf, readDat, shownEvents } from './read-dat.js';

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
      const { events } = readDat(datBytes(dat));
      const reported = reportedEvents(textOf(report));
      expect(reported).toHaveLength(count);
      expect(shownEvents(events, digits)).toEqual(reported);
    },
  );

  test.each(REPORTS.slice(0, 3))('%s: says what its report says', (dat, report) => {
    const binary = readDat(datBytes(dat)).facts.map(asPluginsPrint);
    const text = factsOf(textOf(report)).facts.map(shortOf).map(asPluginsPrint);
    expect(binary).toEqual(text);
  });

  test('version 6 and 7, plain and packed by zlib, hold the same', () => {
    const v6 = readDat(datBytes('k61-tc316-a2.v6.dat.gz'));
    const v7 = readDat(datBytes('k61-tc316-a2.v7zlib.dat'));
    expect(v6.events).toHaveLength(1270);
    expect(v7.events).toEqual(v6.events);
    expect(v7.facts).toEqual(v6.facts);
    expect([v6.census.release, v7.census.release]).toEqual([
      '6.1.0-57-cloud-amd64',
      '6.1.0-57-cloud-amd64',
    ]);
  });

  test('roles are decoded by their bits, where the plugin of the tools prints them wrongly', () => {
    const { facts } = readDat(datBytes('k73-tc331-smp-two.dat'));
    expect(facts.find((fact) => fact.startsWith('page synced'))).toBe(
      'page synced gfn:130 level:1 isDirect:false',
    );
  });

  test('a file that breaks off anywhere gives what it has, or a sentence', () => {
    const whole = datBytes('k61-tc316-a2.v6.dat.gz');
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
      const bytes = Buffer.from(datBytes(name));
      const [cpu] = headOf(bytes).cpus;
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
    const bytes = Buffer.from(datBytes('k61-tc316-a2-kp.dat'));
    bytes[10] = 57;
    expect(() => readDat(bytes)).toThrow('version 9 of trace.dat is not read; 6 and 7 are');
  });
});

function textOf(report: string): string {
  return gunzipSync(readFileSync(new URL(`${report}.txt.gz`, DATS))).toString('latin1');
}

/** Lines of a report: thread, CPU, time and event; lines of stacks have none. */
function reportedEvents(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const found = /-(\d+)\s+\[(\d+)\].*?\s(\d+(?:\.\d+)?): (\w+):/.exec(line);
    return found === null ? [] : [`${found[1]} ${Number(found[2])} ${found[3]} ${found[4]}`];
  });
}
