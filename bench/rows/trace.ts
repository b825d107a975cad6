import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { findTraceCmd } from '../../scripts/find-trace-cmd.js';
import type { Take } from '../../src/lab/index.js';
import { writeBigDat, writeBigText } from '../../stress/big-traces.js';
import { runWithPeak } from '../../stress/peak.js';
import {
  createCensus,
  createReconstruction,
  createScore,
  createTextReader,
  datSteps,
  openDat,
} from '../built-lab.js';
import { compare, secondsOf } from '../rounds.js';
import type { Finding, Goal } from '../row.js';

const TRACES = new URL('../../conformance/kvm-traces/', import.meta.url);
const TEXT = 'linux-6.1/vmx_shadow/p8_rand.plain.txt.gz';
const DAT = 'dat/k61-tc316-a2.v6.dat.gz';
const MMULAB = fileURLToPath(new URL('../../bin/mmulab.js', import.meta.url));

/** Bytes of files that are read, of one that is scored, and of those whose reader is watched. */
const READ_BYTES = 120_000_000;
const SCORED_BYTES = 4_000_000;
const WATCHED_BYTES = 300_000_000;
const CHUNK_BYTES = 2 ** 18;
const ROUNDS = 3;
const NO_PACKING = { zlib: unpacked, zstd: unpacked };

/** Reading text and trace.dat, scoring, and the memory that both take however long a file is. */
export async function trace(): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-bench-'));
  try {
    return [
      ...(await readingText(folder)),
      await readingDat(folder),
      await scoring(folder),
      ...(await memory(folder)),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function readingText(folder: string): Promise<Finding[]> {
  const file = join(folder, 'read.txt');
  writeBigText(file, contentOf(TEXT), READ_BYTES);
  const lines = linesIn(file);
  const rate = (work: () => unknown) => async () => lines / (await secondsOf(work));
  const { ours, rival } = await compare(
    { ours: rate(() => readText(file)), rival: rate(() => spawnSync('wc', ['-l', file])) },
    ROUNDS,
  );
  const work = `text of ${lines} lines, read into facts`;
  const measured = { value: ours, unit: 'lines/s' };
  const reports = join(folder, 'reports.dat');
  writeBigDat(reports, contentOf(DAT), READ_BYTES);
  const printed = join(folder, 'reports.txt');
  const report = `"${findTraceCmd()}" report -i "${reports}" 2>/dev/null`;
  execFileSync('/bin/sh', ['-c', `${report} > "${printed}"`]);
  const printedLines = linesIn(printed);
  const times = await compare(
    {
      ours: () => secondsOf(() => readText(printed)),
      rival: () => secondsOf(() => spawnSync('/bin/sh', ['-c', `${report} > /dev/null`])),
    },
    ROUNDS,
  );
  return [
    {
      ...{ work, measured, rival: { name: 'wc -l', value: rival, unit: 'lines/s' } },
      ...{ ratio: ours / rival, notes: [] },
      goal: { of: 'measured', at: 'least', value: 1_000_000 },
    },
    against(`a report of ${printedLines} lines, read`, printedLines, times, null),
  ];
}

async function readingDat(folder: string): Promise<Finding> {
  const file = join(folder, 'reports.dat');
  let events = 0;
  const times = await compare(
    {
      ours: () =>
        secondsOf(() => {
          events = readDat(file);
        }),
      rival: () =>
        secondsOf(() => spawnSync(findTraceCmd(), ['report', '-i', file], { stdio: 'ignore' })),
    },
    ROUNDS,
  );
  const goal = { of: 'ratio', at: 'least', value: 3 } as const;
  return against(`trace.dat of ${events} events, read into facts`, events, times, goal);
}

function against(
  work: string,
  count: number,
  { ours, rival }: { ours: number; rival: number },
  goal: Goal | null,
): Finding {
  return {
    work,
    measured: { value: count / ours, unit: 'events/s' },
    rival: { name: 'trace-cmd report', value: count / rival, unit: 'events/s' },
    ...{ ratio: rival / ours, goal, notes: [] },
  };
}

/** Each policy does all the work of a shadow MMU, for every command. */
async function scoring(folder: string): Promise<Finding> {
  const file = join(folder, 'scored.txt');
  writeBigText(file, contentOf(TEXT), SCORED_BYTES);
  const { ours, rival } = await compare(
    {
      ours: () => secondsOf(() => score(file)),
      rival: () => secondsOf(() => readText(file)),
    },
    ROUNDS,
  );
  return {
    work: 'a text scored under every policy, against reading it',
    measured: { value: ours / rival, unit: 'times as long' },
    ...{ rival: null, ratio: null },
    goal: { of: 'measured', at: 'most', value: 3 },
    notes: ['every command runs in the whole model, once for each policy and end'],
  };
}

/** The whole program, on a text and a trace.dat, under every policy. */
async function memory(folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [what, write, content] of [
    ['text', writeBigText, TEXT],
    ['trace.dat', writeBigDat, DAT],
  ] as const) {
    const file = join(folder, 'watched');
    write(file, contentOf(content), WATCHED_BYTES);
    const { code, peakBytes } = await runWithPeak([MMULAB, 'score', file]);
    if (code !== 0) throw new Error(`mmulab score ended with ${code}`);
    findings.push({
      work: `memory of mmulab score, at most, on ${WATCHED_BYTES / 1e6} MB of ${what}`,
      measured: peakBytes === null ? null : { value: peakBytes / 1e6, unit: 'MB' },
      ...{ rival: null, ratio: null, notes: [] },
      goal: { of: 'measured', at: 'most', value: 200 },
    });
  }
  return findings;
}

function linesIn(file: string): number {
  return Number(execFileSync('wc', ['-l', file], { encoding: 'utf8' }).split(' ')[0]);
}

function contentOf(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(name, TRACES)));
}

function readText(file: string): void {
  readInto(file, () => undefined);
}

function score(file: string): void {
  const census = createCensus();
  const reconstruction = createReconstruction(census, createScore(census, {}).take);
  readInto(file, reconstruction.take);
  reconstruction.end();
}

function readInto(file: string, take: Take): void {
  const reader = createTextReader(createCensus(), take);
  const descriptor = openSync(file, 'r');
  const bytes = Buffer.alloc(CHUNK_BYTES);
  for (let count = readSync(descriptor, bytes); count > 0; count = readSync(descriptor, bytes)) {
    reader.push(bytes.toString('latin1', 0, count));
  }
  reader.end();
}

/** @returns How many events there are. */
function readDat(file: string): number {
  const descriptor = openSync(file, 'r');
  const source = {
    size: READ_BYTES * 2,
    read(offset: number, length: number) {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
    },
  };
  const census = createCensus();
  const head = openDat(source, NO_PACKING);
  const steps = datSteps(source, head, {
    decompressors: NO_PACKING,
    census,
    take: () => undefined,
  });
  while (steps.next().done !== true);
  return census.lines;
}

function unpacked(): never {
  throw new Error('The file is plain');
}
