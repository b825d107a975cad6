import { runProgram, say, seedOf } from '../../scripts/run-program.js';
import { residentBytesOf, type ServerProcess, startServer, threadsOf } from '../server-process.js';
import type { CheapReport } from './cheap-client.js';
import { startClients } from './clients.js';
import type { DearReport } from './dear-clients.js';
import {
  heapAfterCollection,
  ofUsualThreads,
  type Sample,
  type ThreadedSample,
  type Trend,
  trendOf,
} from './flatness.js';
import { type Soaked, soak } from './soak.js';
import { tableOf } from './table.js';

const MINUTES = 10;
const VMS = 1000;
const READERS = 200;
const CLIENTS = 50;

/** Bounds of history that a run reaches before its second half, which then is flat. */
const HISTORY = ['--history-records', '100000', '--history-records-per-vm', '4096'];

/** Pace of a slow reader: it rests until its frames overflow the buffer, and then reads. */
const PACE = { readsMs: 3000, restsMs: 25_000 };

const HEAT = { times: 12, everyMs: 200 };

/**
 * Share of the changes that may be put off with 503, as an overloaded server does: client and server
 * share two cores.
 */
const OVERLOADED_SHARE = 0.02;

/** Milliseconds of the server's CPU that 99 of 100 cheap requests wait at most. */
const CHEAP_CPU_MS = 100;

/** Complaints that are printed. */
const PRINTED_MAX = 20;

const USAGE = `Usage: npm run soak -- [--minutes N] [--readers N] [--clients N] [--seed N]
`;

await runProgram({
  usage: USAGE,
  options: {
    minutes: { type: 'string' },
    readers: { type: 'string' },
    clients: { type: 'string' },
    seed: { type: 'string' },
  },
  settingsOf({ minutes = MINUTES, readers = READERS, ...values }): Settings | null {
    const seconds = Number(minutes) * 60;
    const seed = seedOf(values.seed);
    const streams = Number(readers);
    const clients = Number(values.clients ?? CLIENTS);
    const areCounts = [streams, clients].every((count) => Number.isInteger(count) && count > 0);
    return seconds > 0 && areCounts && seed !== null ? { seconds, streams, clients, seed } : null;
  },
  run,
});

interface Settings {
  readonly seconds: number;
  /** Readers of streams. */
  readonly streams: number;
  /** Clients that send the dearest legal requests, each one after the other. */
  readonly clients: number;
  readonly seed: number;
}

async function run({ seconds, streams, clients, seed }: Settings): Promise<number> {
  say(`seed ${seed}: ${seconds} s, ${VMS} VMs, ${streams} streams, ${clients} dear clients`);
  const heaps = new Map<string, Sample[]>();
  const resident: ThreadedSample[] = [];
  let now = 0;
  const server = await startServer({
    nodeArgs: ['--trace-gc'],
    args: HISTORY,
    onLine: (line) => {
      const heap = heapAfterCollection(line);
      if (heap === null) return;
      const { isolate, bytes } = heap;
      heaps.set(isolate, [...(heaps.get(isolate) ?? []), { seconds: now, bytes }]);
    },
  });
  const look = (at: number) => {
    now = at;
    const [bytes, threads] = [residentBytesOf(server.pid), threadsOf(server.pid)];
    if (bytes !== null && threads !== null) resident.push({ seconds: at, bytes, threads });
    return server.ended() === null ? null : `the server ${server.ended()}`;
  };
  try {
    const { port } = server;
    const settings = { vms: VMS, streams, pace: PACE, heat: HEAT };
    let others: Others | null = null;
    const beside = () => {
      others = startOthers(server, { clients, seed });
      return others;
    };
    const soaked = await soak({ port, seconds, seed, ...settings, look, beside });
    const { cheap, dear } = await (others ?? beside()).stop();
    // That of the loop is there before any thread for shards.
    const [heap = []] = heaps.values();
    const usual = ofUsualThreads(resident.filter((sample) => sample.seconds >= seconds / 2));
    const fewest = Math.min(...resident.map(({ threads }) => threads));
    const shardThreads = (usual[0]?.threads ?? fewest) - fewest;
    const trends = {
      heap: trendOf(heap, seconds),
      resident: trendOf(usual, seconds, shardThreads),
    };
    for (const line of tableOf(soaked)) say(line);
    say(memoryLine('heap of the loop after full collections', trends.heap));
    say(memoryLine('resident memory at the usual number of threads', trends.resident));
    say(mostLine(resident));
    for (const line of [dearLine(dear), cheapLine(cheap)]) say(line);
    const flaws = [...flawsOf(soaked, trends), ...flawsOfOthers(cheap, dear), ...server.errors];
    for (const line of flaws.slice(0, PRINTED_MAX)) say(`! ${line.slice(0, 1000)}`);
    say(
      flaws.length === 0
        ? 'All streams were complete, and memory is flat.'
        : `${flaws.length} flaws.`,
    );
    return flaws.length === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

/** Clients that do not read streams. */
interface Others {
  /** May be called again, with the same result. */
  readonly stop: () => Promise<{ readonly cheap: CheapReport; readonly dear: DearReport }>;
}

function startOthers(
  { port, pid }: ServerProcess,
  { clients, seed }: Pick<Settings, 'clients' | 'seed'>,
): Others {
  const program = (name: string) => new URL(`${name}.ts`, import.meta.url);
  const dear = startClients<DearReport>(program('dear-clients'), [port, clients, seed]);
  const cheap = startClients<CheapReport>(program('cheap-client'), [port, pid]);
  return { stop: async () => ({ cheap: await cheap.stop(), dear: await dear.stop() }) };
}

function flawsOfOthers(cheap: CheapReport, dear: DearReport): string[] {
  const flaws = [...cheap.complaints, ...dear.complaints];
  const cpuMs = share(cheap.cpuMs, 0.99);
  if (cpuMs > CHEAP_CPU_MS) flaws.push(`a cheap request waits ${cpuMs.toFixed(0)} ms of CPU`);
  return flaws;
}

function dearLine({ requests, statuses }: DearReport): string {
  return `${requests} dear requests: ${JSON.stringify(statuses)}`;
}

function cheapLine({ requests, statuses, cpuMs, loopMs, waitedMs }: CheapReport): string {
  const figures = (sorted: readonly number[]) =>
    [0.5, 0.99, 1].map((part) => share(sorted, part).toFixed(0)).join(', ');
  return (
    `${requests} cheap requests: ${JSON.stringify(statuses)}; half, 99 of 100 and all of them ` +
    `within ${figures(cpuMs)} ms of the server's CPU, ${figures(loopMs)} of its loop's, and ` +
    `${figures(waitedMs)} ms in all`
  );
}

/** Value below which a share of sorted values lies; 0 if there are none. */
function share(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
}

function flawsOf(
  { followed, changes, overloaded, complaints }: Soaked,
  { heap, resident }: Readonly<Record<'heap' | 'resident', Trend | null>>,
): string[] {
  const flaws = [...complaints];
  const gapsOfSlow = followed
    .filter(({ manner }) => manner === 'slow')
    .reduce((sum, { gaps }) => sum + gaps, 0);
  if (overloaded > OVERLOADED_SHARE * changes) flaws.push('too many changes were put off');
  if (gapsOfSlow === 0) flaws.push('no slow reader was told of a gap');
  if (heap?.isFlat !== true) flaws.push('the heap is not flat');
  // Null where there is no /proc, so that other processes cannot be measured.
  if (resident?.isFlat === false) flaws.push('resident memory is not flat');
  return flaws;
}

function mostLine(samples: readonly ThreadedSample[]): string {
  const [most] = [...samples].sort((a, b) => b.bytes - a.bytes);
  return most === undefined
    ? 'resident memory is not known'
    : `resident memory at most: ${mebibytes(most.bytes)}, with ${most.threads} threads`;
}

function memoryLine(memory: string, trend: Trend | null): string {
  if (trend === null) return `${memory}: not enough samples to tell`;
  const { samples, meanBytes, riseBytes } = trend;
  const rise = `${riseBytes < 0 ? '' : '+'}${mebibytes(riseBytes)}`;
  const average = `${mebibytes(meanBytes)} on average`;
  return `${memory}: ${average}, ${rise} over the second half, by ${samples} samples`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
