import { parseArgs } from 'node:util';
import { residentBytesOf, startServer } from '../server-process.js';
import { heapAfterCollection, type Sample, type Trend, trendOf } from './flatness.js';
import { type Soaked, soak } from './soak.js';
import { tableOf } from './table.js';

const MINUTES = 10;
const VMS = 1000;
const STREAMS = 50;

/** History that a run fills well before its half, so that it is flat from there on. */
const HISTORY = ['--history-max', '100000', '--vm-history-max', '4096'];

/** A slow reader rests for so long that what waits for it does not fit; in between it reads. */
const PACE = { readsMs: 3000, restsMs: 25_000 };

const HEAT = { times: 12, everyMs: 200 };

/**
 * Share of the changes that may be put off with 503, because client and server have two cores
 * between them: the server says so rather than fall behind.
 */
const OVERLOADED_SHARE = 0.02;

/** Complaints that are printed. */
const PRINTED_MAX = 20;

const USAGE = `Usage: npm run soak -- [--minutes N] [--seed N]
`;

const options = optionsOf();
if (options === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else process.exitCode = await run(options);

interface Options {
  readonly seconds: number;
  readonly seed: number;
}

/** @returns The status to end with. */
async function run({ seconds, seed }: Options): Promise<number> {
  say(`seed ${seed}: ${seconds} s, ${VMS} VMs, ${STREAMS} streams`);
  const heap: Sample[] = [];
  const resident: Sample[] = [];
  let now = 0;
  const server = await startServer({
    nodeArgs: ['--trace-gc'],
    args: HISTORY,
    onLine: (line) => {
      const bytes = heapAfterCollection(line);
      if (bytes !== null) heap.push({ seconds: now, bytes });
    },
  });
  const look = (at: number) => {
    now = at;
    const bytes = residentBytesOf(server.pid);
    if (bytes !== null) resident.push({ seconds: at, bytes });
    return server.ended() === null ? null : `the server ${server.ended()}`;
  };
  try {
    const { port } = server;
    const settings = { vms: VMS, streams: STREAMS, pace: PACE, heat: HEAT };
    const soaked = await soak({ port, seconds, seed, ...settings, look });
    const trends = { heap: trendOf(heap, seconds), resident: trendOf(resident, seconds) };
    for (const line of tableOf(soaked)) say(line);
    say(memoryLine('heap after full collections', trends.heap));
    say(memoryLine('resident memory', trends.resident));
    const bad = [...verdictOf(soaked, trends), ...server.errors];
    for (const line of bad.slice(0, PRINTED_MAX)) say(`! ${line.slice(0, 1000)}`);
    say(
      bad.length === 0 ? 'All streams were complete, and memory is flat.' : `${bad.length} flaws.`,
    );
    return bad.length === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

function verdictOf(
  { followed, changes, overloaded, complaints }: Soaked,
  { heap, resident }: Readonly<Record<'heap' | 'resident', Trend | null>>,
): string[] {
  const bad = [...complaints];
  const gapsOfSlow = followed
    .filter(({ manner }) => manner === 'slow')
    .reduce((sum, { gaps }) => sum + gaps, 0);
  if (overloaded > OVERLOADED_SHARE * changes) bad.push('too many changes were put off');
  if (gapsOfSlow === 0) bad.push('no slow reader was told of a gap');
  if (heap?.isFlat !== true) bad.push('the heap is not flat');
  // Elsewhere than on Linux another process cannot be measured.
  if (resident?.isFlat === false) bad.push('resident memory is not flat');
  return bad;
}

function memoryLine(what: string, trend: Trend | null): string {
  if (trend === null) return `${what}: not enough samples to tell`;
  const { samples, meanBytes, riseBytes } = trend;
  const rise = `${riseBytes < 0 ? '' : '+'}${mebibytes(riseBytes)}`;
  const average = `${mebibytes(meanBytes)} on average`;
  return `${what}: ${average}, ${rise} over the second half, by ${samples} samples`;
}

/** @returns Null if the arguments cannot be understood. */
function optionsOf(): Options | null {
  try {
    const { values } = parseArgs({
      options: { minutes: { type: 'string' }, seed: { type: 'string' } },
    });
    const minutes = Number(values.minutes ?? MINUTES);
    const seed = Number(values.seed ?? Date.now() % 1_000_000);
    return minutes > 0 && Number.isSafeInteger(seed) ? { seconds: minutes * 60, seed } : null;
  } catch {
    return null;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
