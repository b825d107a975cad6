import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytesOf } from '../../stress/server-process.js';
import { createVmOn, demand } from '../api.js';
import { type Use, useOf } from '../process-use.js';
import { type Listener, startRival, startServer } from '../processes.js';
import { medianOf } from '../rounds.js';
import type { Finding } from '../row.js';
import { type FrameCollector, frameBytes, framesAhead } from '../stream-load.js';
import { type Watcher, watch } from '../watchers.js';

const COMMANDS = 1000;
const SOME = 100;
const MANY = 500;
const ROUNDS = 3;

/** Milliseconds after which the memory of readers that have left must be free again. */
const SETTLED_MS = 10_000;

const MIB = 2 ** 20;

/**
 * Many WebSocket readers of one VM, while one batch runs: CPU time of the server's process, which
 * other load on the machine does not change, and its memory.
 */
export async function watchers(): Promise<Finding[]> {
  const server = await startServer();
  try {
    // The first batches compile the code.
    for (let round = 0; round < ROUNDS; round += 1) await watched(server, { readers: 10 });
    const one = await medianUse(() => watched(server, { readers: 1 }));
    const some = await medianUse(() => watched(server, { readers: SOME }));
    const bare = await broadcast(some.frames);
    const many = await watched(server, { readers: MANY });
    const half = await watched(server, { readers: MANY, resting: MANY / 2 });
    return [
      againstOne(some, one),
      againstBare(some, bare),
      ...ofMany('', many),
      ...ofMany(', half of which read nothing', half),
    ];
  } finally {
    await server.stop();
  }
}

interface Watched extends Use {
  readonly frames: readonly string[];
  /** Bytes that all readers were sent. */
  readonly sentBytes: number;
  /** Resident memory once the readers had left, above that before they came. */
  readonly leftBytes: number;
}

/** Runs a batch of which every reader is told everything, and waits until they know. */
async function watched(
  { port, pid }: Listener,
  { readers, resting = 0 }: { readers: number; resting?: number },
): Promise<Watched> {
  const vm = await createVmOn(port);
  const path = `/v1/vms/${vm}/events`;
  const before = residentBytesOf(pid) ?? 0;
  const lead = await framesAhead(port, path);
  const others = await watchersOf(port, path, readers - 1);
  for (const { rest } of others.slice(0, resting)) rest();
  let sentBytes = 0;
  const use = await useOf(pid, async () => {
    await demand(port, 'POST', `/v1/vms/${vm}/commands`, batch());
    const { seq } = await demand<{ seq: number }>(port, 'GET', `/v1/vms/${vm}`);
    await lead.through(seq);
    sentBytes = bytesOf(lead) * (readers - resting);
    await Promise.all(others.slice(resting).map(({ has }) => has(bytesOf(lead))));
  });
  if (use === null) throw new Error('Cannot measure other processes: there is no /proc');
  for (const { leave } of [lead, ...others]) leave();
  await demand(port, 'DELETE', `/v1/vms/${vm}`);
  if (readers === MANY) await sleep(SETTLED_MS);
  const leftBytes = (residentBytesOf(pid) ?? 0) - before;
  return { ...use, frames: lead.frames, sentBytes, leftBytes };
}

/** The same frames, sent to as many clients by `ws` alone. */
async function broadcast(frames: readonly string[]): Promise<Pick<Watched, 'cpuSeconds'>> {
  const directory = mkdtempSync(join(tmpdir(), 'mmulab-bench-'));
  const file = join(directory, 'frames');
  writeFileSync(file, frames.join('\n'));
  const { port, pid, stop } = await startRival('bare-broadcast', file);
  try {
    const expected = frames.reduce((sum, frame) => sum + frameBytes(Buffer.byteLength(frame)), 0);
    const others = await watchersOf(port, '/', SOME);
    const use = await useOf(pid, async () => {
      await demand(port, 'POST', '/');
      await Promise.all(others.map(({ has }) => has(expected)));
    });
    for (const { leave } of others) leave();
    if (use === null) throw new Error('Cannot measure other processes: there is no /proc');
    return use;
  } finally {
    await stop();
    rmSync(directory, { recursive: true });
  }
}

async function watchersOf(port: number, path: string, count: number): Promise<Watcher[]> {
  const all: Watcher[] = [];
  for (let i = 0; i < count; i += 1) all.push(await watch(port, path));
  return all;
}

async function medianUse(measure: () => Promise<Watched>): Promise<Watched> {
  const all: Watched[] = [];
  for (let round = 0; round < ROUNDS; round += 1) all.push(await measure());
  const cpuSeconds = medianOf(all.map((one) => one.cpuSeconds));
  return { ...(all[0] as Watched), cpuSeconds };
}

function batch(): object[] {
  return Array.from({ length: COMMANDS }, (_, i) => ({
    kind: 'mov-cr3',
    vcpu: 0,
    value: `0x${(0x100 + (i % 6)).toString(16)}000`,
  }));
}

function bytesOf({ frames }: FrameCollector): number {
  return frames.reduce((sum, frame) => sum + frameBytes(Buffer.byteLength(frame)), 0);
}

const WORK = `a batch of ${COMMANDS} mov-cr3`;

function againstOne(some: Watched, one: Watched): Finding {
  const unit = 'ms of CPU';
  return {
    work: `${WORK}, ${SOME} WebSocket readers`,
    measured: { value: some.cpuSeconds * 1e3, unit },
    rival: { name: 'one reader', value: one.cpuSeconds * 1e3, unit },
    ratio: one.cpuSeconds / some.cpuSeconds,
    goal: { of: 'ratio', at: 'least', value: 0.33 },
    notes: [`${some.frames.length} frames a reader`],
  };
}

function againstBare(some: Watched, { cpuSeconds }: Pick<Watched, 'cpuSeconds'>): Finding {
  const unit = 'MB a second of CPU';
  const rate = some.sentBytes / 1e6 / some.cpuSeconds;
  const rival = some.sentBytes / 1e6 / cpuSeconds;
  return {
    work: 'the same, as bytes that are sent',
    measured: { value: rate, unit },
    rival: { name: 'bare ws, the same frames', value: rival, unit },
    ratio: rate / rival,
    goal: { of: 'ratio', at: 'least', value: 3 },
    notes: [],
  };
}

function ofMany(kind: string, { cpuSeconds, riseBytes, leftBytes }: Watched): Finding[] {
  const row = (work: string, value: number, unit: string, goal: number): Finding => ({
    work,
    measured: { value, unit },
    rival: null,
    ratio: null,
    goal: { of: 'measured', at: 'most', value: goal },
    notes: [],
  });
  return [
    row(`${WORK}, ${MANY} readers${kind}`, cpuSeconds, 's of CPU', 2),
    row('most memory meanwhile, above that before', riseBytes / MIB, 'MiB', 100),
    row(`memory ${SETTLED_MS / 1000} s after they left`, leftBytes / MIB, 'MiB', 50),
  ];
}
