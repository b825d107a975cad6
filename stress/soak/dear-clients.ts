import { type Chance, createChance } from '../../src/lab/workloads/chance.js';
import { createMachines, forgottenOf, type Machines } from '../dear/machines.js';
import { dearRequests } from '../dear/requests.js';
import { report, toldToStop } from './clients.js';

/** Statuses that a dear request may get: somebody else's changes, or a bound that is met. */
const FAIR: readonly number[] = [200, 201, 202, 204, 404, 409, 410, 429, 503, 507];

/** Statuses that ask the client to come back. */
const PUT_OFF: readonly number[] = [429, 503, 507];

/** Milliseconds after which it does. */
const BACK_MS = 1000;

/** Milliseconds after which requests are made anew, because histories go on. */
const FRESH_MS = 20_000;

/** Findings of clients that send dear requests, each one after the other. */
export interface DearReport {
  readonly requests: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly complaints: readonly string[];
}

/** A request whose body is text already: these clients share the cores with the server. */
interface Sendable {
  readonly name: string;
  readonly path: string;
  readonly init: RequestInit;
}

const [port, count, seed] = process.argv.slice(2).map(Number) as [number, number, number];

await run();

async function run(): Promise<void> {
  let isOver = false;
  void toldToStop().then(() => {
    isOver = true;
  });
  const machines = await createMachines(port);
  let sendables = sendablesOf(machines);
  const fresh = setInterval(async () => {
    const forgotten = await forgottenOf(port, machines.busy).catch(() => machines.forgotten);
    sendables = sendablesOf({ ...machines, forgotten });
  }, FRESH_MS);
  const statuses: Record<string, number> = {};
  const complaints: string[] = [];
  const client = async (chance: Chance) => {
    while (!isOver) {
      const sendable = chance.of(sendables);
      const { status, text } = await send(sendable);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (!FAIR.includes(status)) complaints.push(`${sendable.name}: ${status} ${text}`);
      if (PUT_OFF.includes(status)) await new Promise((resolve) => setTimeout(resolve, BACK_MS));
    }
  };
  await Promise.all(Array.from({ length: count }, (_, i) => client(createChance(seed + i))));
  clearInterval(fresh);
  const requests = Object.values(statuses).reduce((sum, times) => sum + times, 0);
  report({ requests, statuses, complaints } satisfies DearReport);
}

function sendablesOf(machines: Machines): Sendable[] {
  return dearRequests(machines).map(({ name, method, path, body, accept }) => {
    const headers = {
      accept: accept ?? 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return { name, path, init };
  });
}

/** Sends a request, and deletes what it made. */
async function send({ path, init }: Sendable): Promise<{ status: number; text: string }> {
  const base = `http://127.0.0.1:${port}`;
  try {
    const response = await fetch(`${base}${path}`, init);
    const body = Buffer.from(await response.arrayBuffer());
    const { status, headers } = response;
    const made = headers.get('location');
    if (status === 201 && made !== null) await fetch(`${base}${made}`, { method: 'DELETE' });
    return { status, text: body.toString('utf8', 0, 500) };
  } catch (error) {
    return { status: 0, text: `${error} ${(error as Error).cause ?? ''}` };
  }
}
