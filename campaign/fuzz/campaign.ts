import fc, { type Arbitrary } from 'fast-check';
import { type Asked, createRequests } from './asked.js';
import { Canary } from './canary.js';
import { type Answer, type NoAnswer, send } from './client.js';
import { readDescription } from './description.js';
import { Judge } from './judge.js';
import { createScripts, type Script } from './script.js';
import { Slots } from './slots.js';
import { Tally } from './tally.js';
import { Values } from './values.js';
import { converse } from './wire.js';

/** Of so many requests one is written byte by byte. */
const SCRIPT_OF = 10;

/** Requests that are under way at once. */
const AT_ONCE = 16;

/** Failures after which a campaign goes no further. */
const FAILURES_MAX = 50;

/** Between two requests of one seed, so that seeds next to each other share none. */
const STRIDE = 0x9e3779b1;

export interface CampaignOptions {
  readonly port: number;
  readonly seed: number;
  /** Numbers of the requests, from the first up to the last. */
  readonly first: number;
  readonly last: number;
  /** Called every so often; what it returns ends the campaign as a failure. */
  readonly look?: (number: number) => Promise<string | null>;
}

/** A request that was not answered as it must be. */
export interface Failure {
  readonly number: number;
  readonly complaints: readonly string[];
  readonly request: Asked | Script;
  readonly answer: unknown;
}

export interface Report {
  readonly failures: readonly Failure[];
  readonly tally: Tally;
}

/** Requests between two looks at the server. */
const LOOK_EVERY = 1000;

/** Sends requests that come from a seed, and holds every answer against openapi.yaml. */
export async function runCampaign(options: CampaignOptions): Promise<Report> {
  const { port, seed, first, last, look = async () => null } = options;
  const description = readDescription();
  const judge = new Judge(description);
  const requests = createRequests(description, new Values(description.document.components.schemas));
  const scripts = createScripts();
  const canary = await Canary.create(port);
  const slots = await Slots.create(port);
  const tally = new Tally(description.operations);
  const failures: Failure[] = [];
  let next = first;

  const fail = (number: number, request: Asked | Script, answer: unknown, found: string[]) => {
    if (found.length > 0) failures.push({ number, complaints: found, request, answer });
  };

  const askOne = async (number: number) => {
    const drawn = drawnFrom(requests, seed, number);
    const asked = { ...drawn, url: slots.resolved(drawn.url) };
    if (canary.isMeantBy(asked.url)) return;
    let answer = await send(port, asked);
    // A connection that was kept may have been closed as the request set out.
    if (!isAnswer(answer) && !answer.left) answer = await send(port, asked);
    tally.count(asked, answer);
    if (isAnswer(answer)) {
      fail(number, asked, answer, judge.complaints(asked, answer));
      await slots.tend(drawn.url, answer.status, String(answer.headers.location));
      if (asked.method === 'DELETE' && asked.url.startsWith('/v1/vms?')) await slots.tendAll();
    } else if (!answer.left && !mayBeCutOff(asked)) fail(number, asked, answer, [answer.why]);
  };

  const playOne = async (number: number) => {
    const drawn = drawnFrom(scripts, seed, number);
    const script = { ...drawn, writes: drawn.writes.map((text) => slots.resolved(text)) };
    if (canary.isMeantBy(script.writes.join(''))) return;
    const { answers, failure } = await converse(port, script);
    tally.countScript(script, answers);
    const found = answers.flatMap((answer) => {
      if (answer.status >= 500) return [`status ${answer.status}`];
      return answer.status >= 400 ? judge.refusalComplaints(answer, answer.text === '') : [];
    });
    fail(number, script, answers, failure === null ? found : [...found, failure]);
  };

  const work = async () => {
    while (next <= last && failures.length < FAILURES_MAX) {
      const number = next;
      next += 1;
      if (number % SCRIPT_OF === 0) await playOne(number);
      else await askOne(number);
      const bad = number % LOOK_EVERY === 0 ? await look(number) : null;
      if (bad !== null) {
        fail(number, drawnFrom(requests, seed, number), null, [bad]);
        next = last + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const change = await canary.change();
  if (change !== null) fail(last, drawnFrom(requests, seed, last), change, ['the canary changed']);
  return { failures, tally };
}

export function isAnswer(answer: Answer | NoAnswer): answer is Answer {
  return 'status' in answer;
}

/** The same number and seed make the same request, wherever it stands in a campaign. */
function drawnFrom<T>(from: Arbitrary<T>, seed: number, number: number): T {
  const [drawn] = fc.sample(from, { seed: (seed + Math.imul(number, STRIDE)) | 0, numRuns: 1 });
  return drawn as T;
}

/** Whether the server may hang up before it has read all that is sent. */
function mayBeCutOff({ body, headers }: Asked): boolean {
  return (body ?? '').length > 1024 * 1024 || headers.expect !== undefined;
}
