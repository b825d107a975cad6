import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifyInstance } from 'fastify';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { describeAsyncapi } from '../../src/server/describe/index.js';
import { SESSION } from '../../src/server/describe/session.js';
import { SESSION_EPOCH, VM_1 } from '../../src/server/describe/session-run.js';
import { shortened } from '../../src/server/describe/shorten.js';
import { idsOf } from '../../src/server/wire/ids.js';
import { closed } from '../../stress/fuzz/description.js';
import {
  describedRoutes,
  exampleIn,
  exampleOf,
  examplesIn,
  type Media,
  type Operation,
  type Route,
} from './described.js';
import { ask, type Frame, startApp } from './start.js';

/** What an answer says of the machine that it was made on. */
const OF_THE_MACHINE = { heapBytes: 4 * 1024 ** 3, eventLoopDelayMs: 1000 };

/** The run of a server in which the examples were recorded. */
const RUN = { epoch: SESSION_EPOCH, ids: idsOf(SESSION_EPOCH) };

/** Commands, workloads and jobs whose example their common answer shows. */
const SHOWN_OF_MANY = [
  ...['makeWorkloadHostile', 'makeWorkloadNestedInvept', 'makeWorkloadPcidChurn'],
  ...['makeWorkloadShootdown'],
  ...['runGetDirtyLog', 'runHvFlush', 'runInvept', 'runVmexit', 'runVmfunc'],
  'startExploration',
];

/** Operations that are answered without a body. */
const EMPTY = ['deleteVm', 'deletePriceList', 'cancelJob', 'deleteSnapshot'];

/** Text, and a stream that does not end. */
const NOT_IN_SESSION = ['followVms', 'getMetrics'];

/** Operations whose answer was held against an example of their own. */
const isShown = new Set<string>();

let routes: ReadonlyMap<string, Route> = new Map();
const ajv = new Ajv2020({ strict: false, validateFormats: false });

beforeAll(() => {
  const described = describedRoutes();
  routes = described.routes;
  ajv.addSchema({ $id: 'open', components: described.components });
  ajv.addSchema({ $id: 'closed', components: closed(described.components) });
});

/** What is wrong with a value; null if its schema takes it, and names all its fields. */
function flawsOf(schema: object, value: unknown): string | null {
  return flawsIn('open', schema, value) ?? flawsIn('closed', closed(schema), value);
}

function flawsIn(id: string, schema: object, value: unknown): string | null {
  const text = JSON.stringify(schema).replaceAll('"#/', `"${id}#/`);
  const validate = ajv.compile(JSON.parse(text));
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

const successOf = ({ responses }: Operation) =>
  Object.entries(responses).find(([status]) => status.startsWith('2')) ?? ['none', {}];

describe('openapi.yaml', () => {
  test('every operation has an example, of each body and each parameter that it needs', () => {
    const lacking: string[] = [];
    for (const { operation } of routes.values()) {
      const { operationId, parameters = [], requestBody } = operation;
      const [, { content = {} }] = successOf(operation);
      for (const [type, media] of Object.entries({ ...requestBody?.content, ...content })) {
        if (examplesIn(media).length === 0) lacking.push(`${operationId} ${type}`);
      }
      for (const { name, required, example } of parameters) {
        const isNamed = !NOT_IN_SESSION.includes(operationId);
        if (isNamed && required === true && example === undefined) lacking.push(name);
      }
    }
    expect(lacking).toEqual([]);
    expect(
      [...routes.keys()].filter((id) => !SESSION.some((step) => step.operation === id)),
    ).toEqual(NOT_IN_SESSION);
  });

  test('every example is what its schema takes', () => {
    const wrong: string[] = [];
    for (const { operation } of routes.values()) {
      const [, { content = {} }] = successOf(operation);
      const media = [operation.requestBody?.content ?? {}, content].flatMap(Object.values<Media>);
      const bodies = media.flatMap((one) =>
        examplesIn(one).map((example) => ({ schema: one.schema, example })),
      );
      for (const { schema, example } of [...bodies, ...(operation.parameters ?? [])]) {
        const flaws = example === undefined ? null : flawsOf(schema, example);
        if (flaws !== null) wrong.push(`${operation.operationId}: ${flaws}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('a server answers every example as it says', async () => {
    const app = await startApp(RUN);
    const isTold = new Set<string>();
    isShown.clear();
    for (const step of SESSION) {
      const route = routes.get(step.operation) as Route;
      if (isTold.has(step.operation)) {
        await ask(app, route.method, urlOf(route.path, step), step.body as object);
        continue;
      }
      isTold.add(step.operation);
      await compare(app, route);
    }
    expect(isTold.size).toBe(routes.size - NOT_IN_SESSION.length);
    // Commands share their answer, and so do workloads and jobs: it shows one example of each shape.
    const isOfMany = (id: string) => /^run|^makeWorkload|^start|^scoreTrace/.test(id);
    expect([...isShown].filter(isOfMany).sort()).toEqual(SHOWN_OF_MANY);
    const others = [...isTold].filter((id) => !isOfMany(id) && !EMPTY.includes(id));
    expect(others.filter((id) => !isShown.has(id))).toEqual([]);
  });
});

/** When something was is the machine's affair. */
function takeTimes(job: Frame, example: unknown): void {
  const { createdAt, startedAt, endedAt } = example as Frame;
  expect([job.startedAt === null, job.endedAt === null]).toEqual([
    startedAt === null,
    endedAt === null,
  ]);
  Object.assign(job, { createdAt, startedAt, endedAt });
}

/** Operations that answer with a job. */
const STARTED = /Job$|^start|^scoreTrace$/;

async function compare(app: FastifyInstance, route: Route): Promise<void> {
  const { operationId } = route.operation;
  const { method, url, body } = exampleOf(route);
  // Only then is there a result to show.
  const [, job] = /\/(job-[^/?]+)/.exec(url) ?? [];
  if (job !== undefined) await ask(app, 'GET', `/v1/jobs/${job}`, undefined, { prefer: 'wait=60' });
  const { status, json } = await ask(app, method, url, body as object);
  const [declared, { content }] = successOf(route.operation);
  // A job is not done at once: the same body comes with another status.
  const expected = operationId === 'startRace' ? '202' : declared;
  expect([operationId, String(status)]).toEqual([operationId, expected]);
  const media = content?.['application/json'];
  if (media === undefined) {
    expect([operationId, json]).toEqual([operationId, '']);
    return;
  }
  const example = exampleIn(media, operationId);
  if (operationId === 'getModel') Object.assign(json.bounds, OF_THE_MACHINE);
  if (STARTED.test(operationId) && example !== undefined) takeTimes(json, example);
  if (operationId === 'listJobs') {
    for (const [index, one] of json.jobs.entries()) takeTimes(one, (example as Frame).jobs[index]);
  }
  if (example !== undefined) {
    expect([operationId, shortened(json)]).toEqual([operationId, example]);
    isShown.add(operationId);
  }
  expect([operationId, flawsOf(media.schema, json)]).toEqual([operationId, null]);
}

function urlOf(path: string, { path: given = {}, query = {} }: (typeof SESSION)[number]): string {
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => given[name] ?? '');
  return `${url}?${new URLSearchParams(query)}`;
}

describe('asyncapi.yaml', () => {
  const { components } = parse(describeAsyncapi()) as {
    components: {
      messages: Record<string, { payload: object; examples: { payload: unknown }[] }>;
    };
  };

  test.each(Object.entries(components.messages))('%s has an example that fits', (_, message) => {
    const own = new Ajv2020({ strict: false }).addSchema({ $id: 'asyncapi', components });
    const text = JSON.stringify(message.payload).replaceAll('"#/', '"asyncapi#/');
    const validate = own.compile(JSON.parse(text));
    expect(message.examples).toHaveLength(1);
    for (const { payload } of message.examples) {
      expect([validate(payload), validate.errors]).toEqual([true, null]);
    }
  });

  test('its frames are those of the session', async () => {
    const app = await startApp(RUN);
    for (const step of SESSION.slice(
      0,
      SESSION.findIndex((one) => one.operation === 'getVm'),
    )) {
      const { method, path } = routes.get(step.operation) as Route;
      await ask(app, method, urlOf(path, step), step.body as object);
    }
    const { events } = (await ask(app, 'GET', `/v1/vms/${VM_1}/events?after=42`)).json;
    for (const name of ['command', 'event']) {
      expect(events).toContainEqual(components.messages[name]?.examples[0]?.payload);
    }
  });
});
