import { Agent, request } from 'node:http';
import { type Chance, createChance } from '../../src/lab/workloads/chance.js';
import { createMachines, forgottenOf, type Machines } from '../dear/machines.js';
import type { Dear } from '../dear/request.js';
import { dearRequests } from '../dear/requests.js';
import { report, toldToStop } from './clients.js';

/** Statuses that a dear request may get: somebody else's changes, or a bound that is met. */
const FAIR: readonly number[] = [200, 201, 202, 204, 404, 409, 410, 429, 503, 507];

/** Statuses that ask the client to come back. */
const PUT_OFF: readonly number[] = [429, 503, 507];

/** Milliseconds after which it does. */
const BACK_MS = 1000;

/** Characters of an answer that a complaint repeats. */
const TOLD_MAX = 500;

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
interface Sendable extends Omit<Dear, 'body'> {
  readonly text: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Path of what the request made. */
  readonly made: string | undefined;
}

const [port, count, seed] = process.argv.slice(2).map(Number) as [number, number, number];

const agent = new Agent({ keepAlive: true });

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
  return dearRequests(machines).map(({ body, ...request }) => ({
    ...request,
    text: body === undefined ? undefined : JSON.stringify(body),
  }));
}

/** Sends a request, and deletes what it made. */
async function send(sendable: Sendable): Promise<Answer> {
  try {
    const answer = await answerTo(sendable);
    const { status, made } = answer;
    if (status === 201 && made !== undefined) {
      await answerTo({ name: '', method: 'DELETE', path: made, text: undefined });
    }
    return answer;
  } catch (error) {
    return { status: 0, text: String(error), made: undefined };
  }
}

/** Waits as long as it takes: `fetch` gives up after five minutes, which the dearest may take. */
function answerTo({ method, path, accept, text }: Sendable): Promise<Answer> {
  const headers = {
    accept: accept ?? 'application/json',
    ...(text === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers, agent }, (response) => {
      let begin = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        if (begin.length < TOLD_MAX) begin += part.slice(0, TOLD_MAX);
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers: told } = response;
        resolve({ status, text: begin, made: told.location });
      });
    });
    sent.on('error', reject).end(text);
  });
}
