import * as direct from '../direct/index.js';
import { DEFAULT_LIMITS } from '../wire/limits.js';
import { VERSION } from '../wire/version.js';
import { SESSION, type Step } from './session.js';

/** A request that may be copied, and what it is answered with. */
export interface Example extends Omit<Step, 'bodyFrom'> {
  readonly answer: unknown;
}

/** The default is a share of what the machine at hand has. */
const HEAP_BYTES = 4 * 1024 ** 3;

/** What no host answers, but the server itself. */
const SERVICE: Readonly<Record<string, unknown>> = {
  getHealth: { status: 'ok', version: VERSION },
  getReadiness: { status: 'ready', version: VERSION },
};

/** When all of it happens. */
const MOMENT = Date.UTC(2026, 0, 1);

const NO_LOG = { error: () => {}, info: () => {} };

/**
 * The session, as it goes: each request with its real answer. Equal sessions are answered equally,
 * and so the examples change only when the answers do.
 */
export async function recordSession(): Promise<Example[]> {
  const host = direct.createHost({
    limits: { ...DEFAULT_LIMITS, heapBytesMax: HEAP_BYTES },
    log: NO_LOG,
    epoch: 'example',
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

/** A job is shown with its result. */
async function hasEnded({ jobs }: direct.Host, id: string): Promise<void> {
  await jobs.settled(jobs.get(id), JOB_MS_MAX, new AbortController().signal);
}

/** The race of the session is a short one. */
const JOB_MS_MAX = 60_000;
