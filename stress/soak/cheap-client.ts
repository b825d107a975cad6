import { ask } from '../ask.js';
import { cpuSecondsOf, loopSecondsOf } from '../cpu-seconds.js';
import { report, toldToStop } from './clients.js';

/** Milliseconds between two requests. */
const EVERY_MS = 1000;

/** Findings of a client that sends one cheap request a second. */
export interface CheapReport {
  readonly requests: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds of the server's CPU from each request to its answer; sorted. */
  readonly cpuMs: readonly number[];
  /** The same of the CPU of its loop alone; sorted. */
  readonly loopMs: readonly number[];
  /** Milliseconds from each request to its answer; sorted. */
  readonly waitedMs: readonly number[];
  readonly complaints: readonly string[];
}

const [port, pid] = process.argv.slice(2).map(Number) as [number, number];

await run();

/** Asks for a VM and runs a command on it, in turn, and measures what others take of the server. */
async function run(): Promise<void> {
  let isOver = false;
  void toldToStop().then(() => {
    isOver = true;
  });
  const { json } = await ask(port, 'POST', '/v1/vms', { registers: { cr3: '0x100000' } });
  const vm = `/v1/vms/${(json as { id: string }).id}`;
  const statuses: Record<string, number> = {};
  const cpuMs: number[] = [];
  const loopMs: number[] = [];
  const waitedMs: number[] = [];
  const complaints: string[] = [];
  for (let i = 0; !isOver; i += 1) {
    const [cpu, loop, begun] = [cpuSecondsOf(pid), loopSecondsOf(pid), performance.now()];
    const { status, json } =
      i % 2 === 0
        ? await ask(port, 'GET', vm)
        : await ask(port, 'POST', `${vm}/vcpus/0/mov-cr3`, { value: '0x200000' });
    const [cpuAfter, loopAfter] = [cpuSecondsOf(pid), loopSecondsOf(pid)];
    waitedMs.push(performance.now() - begun);
    if (cpu !== null && cpuAfter !== null) cpuMs.push((cpuAfter - cpu) * 1000);
    if (loop !== null && loopAfter !== null) loopMs.push((loopAfter - loop) * 1000);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status !== 200) complaints.push(`a cheap request: ${status} ${JSON.stringify(json)}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  const rising = (a: number, b: number) => a - b;
  for (const measured of [cpuMs, loopMs, waitedMs]) measured.sort(rising);
  report({
    requests: waitedMs.length,
    statuses,
    cpuMs,
    loopMs,
    waitedMs,
    complaints,
  } satisfies CheapReport);
}
