import * as direct from '../direct/index.js';
import { DEFAULT_LIMITS } from '../wire/bounds.js';
import { VERSION } from '../wire/version.js';
import { SESSION } from './session.js';
import { SESSION_EPOCH } from './session-run.js';
import type { Step } from './session-step.js';

/** A request that may be copied, and its answer. */
export interface Example extends Omit<Step, 'bodyFrom'> {
  readonly answer: unknown;
}

/** The default is a share of the memory of the machine at hand. */
const HEAP_BYTES = 4 * 1024 ** 3;

/** Answers of the server itself, not of a host. */
const SERVICE: Readonly<Record<string, unknown>> = {
  getHealth: { status: 'ok', version: VERSION },
  getReadiness: { status: 'ready', version: VERSION, kept: 'in memory: VMs end with the server' },
};

/** Time of all steps, in milliseconds. */
const MOMENT = Date.UTC(2026, 0, 1);

const NO_LOG = { error: () => {}, info: () => {} };

/**
 * Runs the session and records each request with its answer. Equal sessions have equal answers, so
 * that the examples change only when the answers do.
 */
export async function recordSession(): Promise<Example[]> {
  const host = direct.createHost({
    limits: { ...DEFAULT_LIMITS, heapBytes: HEAP_BYTES },
    log: NO_LOG,
    epoch: SESSION_EPOCH,
    now: () => MOMENT,
  });
  const answers = new Map<string, unknown>();
  const recorded: Example[] = [];
  try {
    for (const { bodyFrom, ...step } of SESSION) {
      const body = bodyFrom === undefined ? step.body : answers.get(bodyFrom);
      const answer = await answerTo(host, step, body);
      answers.set(step.operation, answer);
      recorded.push({ ...step, ...(body === undefined ? {} : { body }), answer });
    }
    return recorded;
  } finally {
    host.jobs.close();
    await host.streams.close();
    host.fleet.close();
  }
}

/** The example of each operation: the first of its requests. */
export function examplesOf(session: readonly Example[]): ReadonlyMap<string, Example> {
  const first = new Map<string, Example>();
  for (const one of session) if (!first.has(one.operation)) first.set(one.operation, one);
  return first;
}

async function answerTo(
  host: direct.Host,
  { operation, path = {}, query = {} }: Step,
  body: unknown,
): Promise<unknown> {
  if (operation in SERVICE) return SERVICE[operation];
  if (path.job !== undefined) await hasEnded(host, path.job);
  const given = { params: path, query, ...(body === undefined ? {} : { body }) };
  return await direct.ask(host, operation, given);
}

/** Waits for the end of a job, so that the example shows its result. */
async function hasEnded({ jobs }: direct.Host, id: string): Promise<void> {
  await jobs.settled(jobs.get(id), JOB_MS_MAX, new AbortController().signal);
}

/** Milliseconds until the short race of the session has surely ended. */
const JOB_MS_MAX = 60_000;
