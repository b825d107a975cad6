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

/** One of this many requests is written byte by byte. */
const SCRIPT_OF = 10;

/** Requests in flight at once. */
const AT_ONCE = 16;

/** Failures after which a campaign stops. */
const FAILURES_MAX = 50;

/** Distance of the seeds of two requests, so that adjacent campaigns share none. */
const STRIDE = 0x9e3779b1;

const description = readDescription();

export interface CampaignOptions {
  readonly port: number;
  readonly seed: number;
  /** Numbers of the first and the last request. */
  readonly first: number;
  readonly last: number;
  /** Called every {@link LOOK_EVERY} requests; a text that it returns ends the campaign. */
  readonly look?: (number: number) => Promise<string | null>;
}

/** A request with a wrong answer. */
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

/** Sends random requests from a seed, and checks every answer against openapi.yaml. */
export async function runCampaign(options: CampaignOptions): Promise<Report> {
  const { port } = options;
  const canary = await Canary.create(port);
  const campaign = new Campaign(options, canary, await Slots.create(port));
  await Promise.all(Array.from({ length: AT_ONCE }, () => campaign.work()));
  return campaign.report();
}

export function isAnswer(answer: Answer | NoAnswer): answer is Answer {
  return 'status' in answer;
}

/** Whether the server may close the connection before it has read the whole request. */
function mayBeCutOff({ body, headers }: Asked): boolean {
  return (body ?? '').length > 1024 * 1024 || headers.expect !== undefined;
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #canary: Canary;
  readonly #slots: Slots;
  readonly #judge = new Judge(description);
  readonly #tally = new Tally(description.operations);
  readonly #requests: Arbitrary<Asked>;
  readonly #scripts = createScripts();
  readonly #failures: Failure[] = [];
  #next: number;

  constructor(options: CampaignOptions, canary: Canary, slots: Slots) {
    this.#options = options;
    this.#canary = canary;
    this.#slots = slots;
    this.#next = options.first;
    const { schemas } = description.document.components;
    this.#requests = createRequests(description, new Values(schemas));
  }

  /** Sends the next unsent requests, one after the other. */
  async work(): Promise<void> {
    const { last, look = async () => null } = this.#options;
    while (this.#next <= last && this.#failures.length < FAILURES_MAX) {
      const number = this.#next;
      this.#next += 1;
      if (number % SCRIPT_OF === 0) await this.#play(number);
      else await this.#ask(number);
      const bad = number % LOOK_EVERY === 0 ? await look(number) : null;
      if (bad === null) continue;
      this.#fail(number, this.#drawn(this.#requests, number), null, [bad]);
      this.#next = last + 1;
    }
  }

  async report(): Promise<Report> {
    const { last } = this.#options;
    const change = await this.#canary.change();
    const found = change === null ? [] : ['the canary changed'];
    this.#fail(last, this.#drawn(this.#requests, last), change, found);
    return { failures: this.#failures, tally: this.#tally };
  }

  async #ask(number: number): Promise<void> {
    const { port } = this.#options;
    const drawn = this.#drawn(this.#requests, number);
    const asked = { ...drawn, url: this.#slots.resolved(drawn.url) };
    if (this.#canary.isMeantBy(asked.url)) return;
    let answer = await send(port, asked);
    // The server may have closed a kept connection just as the request was sent.
    if (!isAnswer(answer) && !answer.left) answer = await send(port, asked);
    this.#tally.count(asked, answer);
    if (!isAnswer(answer)) {
      const isFair = answer.left || mayBeCutOff(asked);
      this.#fail(number, asked, answer, isFair ? [] : [answer.why]);
      return;
    }
    this.#fail(number, asked, answer, this.#judge.complaints(asked, answer));
    await this.#slots.tend(drawn.url, answer.status, String(answer.headers.location));
    const isMany = asked.method === 'DELETE' && asked.url.startsWith('/v1/vms?');
    if (isMany) await this.#slots.tendAll();
  }

  async #play(number: number): Promise<void> {
    const drawn = this.#drawn(this.#scripts, number);
    const script = { ...drawn, writes: drawn.writes.map((text) => this.#slots.resolved(text)) };
    if (this.#canary.isMeantBy(script.writes.join(''))) return;
    const { answers, failure } = await converse(this.#options.port, script);
    this.#tally.countScript(script, answers);
    const found = answers.flatMap((answer) => {
      if (answer.status >= 500) return [`status ${answer.status}`];
      return answer.status >= 400 ? this.#judge.refusalComplaints(answer, answer.text === '') : [];
    });
    this.#fail(number, script, answers, failure === null ? found : [...found, failure]);
  }

  #fail(number: number, request: Asked | Script, answer: unknown, complaints: string[]): void {
    if (complaints.length > 0) this.#failures.push({ number, complaints, request, answer });
  }

  /** Makes a request from its number and the seed alone, so that it can be made again. */
  #drawn<T>(from: Arbitrary<T>, number: number): T {
    const seed = (this.#options.seed + Math.imul(number, STRIDE)) | 0;
    const [drawn] = fc.sample(from, { seed, numRuns: 1 });
    return drawn as T;
  }
}
