import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createCensus, createReconstruction, createScore, createTextReader } from '../built-lab.js';
import { compare, repeat, secondsOf } from '../rounds.js';
import type { Finding } from '../row.js';

const TRACE = new URL(
  '../../conformance/kvm-traces/linux-6.1/vmx_shadow/p8_rand.plain.txt.gz',
  import.meta.url,
);
/** Copies of the trace: a million lines to read, and fewer to score. */
const READ_COPIES = 140;
const SCORED_COPIES = 4;
const CHUNK_BYTES = 2 ** 18;
const ROUNDS = 3;

/** Reading a text of a million lines against `wc -l`, and scoring one against reading it. */
export async function trace(): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-bench-'));
  try {
    return [await reading(folder), await scoring(folder)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function reading(folder: string): Promise<Finding> {
  const file = fileOf(folder, READ_COPIES);
  const lines = Number(execFileSync('wc', ['-l', file], { encoding: 'utf8' }).split(' ')[0]);
  const { ours, rival } = await compare(
    {
      ours: async () => lines / (await secondsOf(() => read(file, 'read'))),
      rival: async () => lines / (await secondsOf(() => spawnSync('wc', ['-l', file]))),
    },
    ROUNDS,
  );
  return {
    work: `text of ${lines} lines, read into facts`,
    measured: { value: ours, unit: 'lines/s' },
    rival: { name: 'wc -l', value: rival, unit: 'lines/s' },
    ratio: ours / rival,
    goal: { of: 'measured', at: 'least', value: 1_000_000 },
    notes: [],
  };
}

/** Each policy does all the work of a shadow MMU, for every command. */
async function scoring(folder: string): Promise<Finding> {
  const file = fileOf(folder, SCORED_COPIES);
  const reading = await repeat(() => secondsOf(() => read(file, 'read')), ROUNDS);
  const scoring = await repeat(() => secondsOf(() => read(file, 'score')), ROUNDS);
  return {
    work: 'the same scored under every policy, against reading it',
    measured: { value: scoring / reading, unit: 'times as long' },
    rival: null,
    ratio: null,
    goal: { of: 'measured', at: 'most', value: 3 },
    notes: ['every command runs in the whole model, once for each policy and end'],
  };
}

function fileOf(folder: string, copies: number): string {
  const file = join(folder, `${copies}.txt`);
  const text = gunzipSync(readFileSync(TRACE));
  writeFileSync(file, Buffer.concat(Array.from({ length: copies }, () => text)));
  return file;
}

function read(file: string, what: 'read' | 'score'): void {
  const census = createCensus();
  const score = createScore(census, {});
  const reconstruction = createReconstruction(census, score.take);
  const reader = createTextReader(census, what === 'read' ? () => undefined : reconstruction.take);
  const descriptor = openSync(file, 'r');
  const bytes = Buffer.alloc(CHUNK_BYTES);
  for (let count = readSync(descriptor, bytes); count > 0; count = readSync(descriptor, bytes)) {
    reader.push(bytes.toString('latin1', 0, count));
  }
  reader.end();
  reconstruction.end();
}
