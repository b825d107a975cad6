import { readdirSync } from 'node:fs';
import type { CallName, Calls, FromWorker, ToWorker } from '../web/engine/protocol.js';

/*
 * The worker of the page in a process of its own, as it is shipped: `node --import tsx page-engine.ts
 * COMMANDS`. Prints what was measured, as JSON.
 */

/** Moments that are asked for, far apart and one behind the other. */
const MOMENTS = 400;

/** Figures of one run. */
export interface Measured {
  readonly records: number;
  readonly openMs: number;
  readonly far: Spread;
  readonly near: Spread;
}

/** Milliseconds of CPU that a moment takes. */
interface Spread {
  readonly mean: number;
  readonly p95: number;
}

const assets = new URL('../dist/web/assets/', import.meta.url);
const file = readdirSync(assets).find((name) => /^worker-.*\.js$/.test(name));
if (file === undefined) throw new Error('Cannot time the page: run "npm run build" first');

let toWorker: (event: { data: ToWorker }) => void = () => {};
const waiting = new Map<number, (answer: FromWorker) => void>();
Object.assign(globalThis, {
  addEventListener(_type: 'message', listener: typeof toWorker) {
    toWorker = listener;
  },
  postMessage(message: FromWorker) {
    if (message.kind !== 'progress') waiting.get(message.id)?.(message);
  },
});
await import(new URL(file, assets).href);

let ids = 0;

function call<K extends CallName>(name: K, takes: Calls[K]['takes']): Promise<Calls[K]['gives']> {
  ids += 1;
  const id = ids;
  return new Promise((resolve, reject) => {
    waiting.set(id, (answer) => {
      waiting.delete(id);
      if (answer.kind === 'done') resolve(answer.gives as Calls[K]['gives']);
      else reject(new Error(`Cannot ask the worker: ${JSON.stringify(answer)}`));
    });
    toWorker({ data: { kind: 'call', id, name, takes } });
  });
}

async function cpuMsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function spreadOf(run: number, seqs: readonly number[]): Promise<Spread> {
  const times: number[] = [];
  for (const seq of seqs) {
    times.push(await cpuMsOf(() => call('moment', { run, of: [seq, null] })));
  }
  times.sort((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { mean, p95: times[Math.floor(0.95 * times.length)] as number };
}

const values = { commands: Number(process.argv[2]) };
const from = {
  kind: 'generated',
  mmulab: '',
  workload: 'kpti',
  seed: 1,
  values,
  changes: {},
} as const;
let opened: Calls['open']['gives'] | null = null;
const openMs = await cpuMsOf(async () => {
  opened = await call('open', { from });
});
const { run, head } = opened as unknown as Calls['open']['gives'];
/** Moments far apart, in an order without a pattern. */
const far = Array.from({ length: MOMENTS }, (_, i) => 1 + ((i * 7919 * 104_729) % head));
const near = Array.from({ length: MOMENTS }, (_, i) => Math.floor(head / 2) - i);
await spreadOf(run, far.slice(0, 50));
const measured: Measured = {
  records: head,
  openMs,
  far: await spreadOf(run, far),
  near: await spreadOf(run, near),
};
process.stdout.write(JSON.stringify(measured));
process.exit(0);
