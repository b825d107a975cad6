import type { Socket } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { step } from '../../src/mmu/index.js';
import { SESSION } from '../../src/server/describe/session.js';
import { SESSION_EPOCH } from '../../src/server/describe/session-run.js';
import { type AppOptions, tokenOf } from '../../src/server/index.js';
import { idsOf } from '../../src/server/wire/ids.js';
import {
  declaredBy,
  declaring,
  expectOf,
  type Other,
  ROUTES,
  raw,
  routeOf,
  type Sent,
  send,
} from './declared-statuses.js';
import { exampleOf, type Route } from './described.js';
import { exchange, listen, startApp } from './start.js';

const withVm = async (options: AppOptions = {}) => {
  const app = await startApp(options);
  await send(app, routeOf('createVm'));
  return app;
};

test('every operation does what it is for, with each status that says so', async () => {
  const app = await startApp({ epoch: SESSION_EPOCH, ids: idsOf(SESSION_EPOCH) });
  const patient = { headers: { prefer: 'wait=30' } };
  const seen = new Set<string>();
  for (const { operation: id, path = {}, query = {}, body } of SESSION) {
    const route = routeOf(id);
    const filled = route.path.replace(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '');
    // The case that is played is the example.
    const payload = body ?? exampleOf(route).body;
    const options = payload === undefined ? {} : { payload: payload as object };
    const url = `${filled}?${new URLSearchParams(query)}`;
    if (path.job !== undefined) await app.inject({ url: `/v1/jobs/${path.job}`, ...patient });
    seen.add(`${id} ${(await send(app, route, { url, options })).status}`);
    if (!declaredBy(route.operation).includes(304)) continue;
    const known = { headers: { 'if-none-match': '*' } };
    seen.add(`${id} ${(await send(app, route, { url, options: known })).status}`);
  }
  seen.add(`startRace ${(await send(app, routeOf('startRace'), { options: patient })).status}`);
  for (const id of ['getMetrics', 'followVms']) {
    seen.add(`${id} ${(await send(app, routeOf(id))).status}`);
  }
  const declared = ROUTES.flatMap(({ operation }) =>
    declaredBy(operation).flatMap((status) =>
      status < 400 ? [`${operation.operationId} ${status}`] : [],
    ),
  );
  expect([...seen].sort()).toEqual(declared.sort());
});

/** What is wrong with a request that has no VM in its path. */
const WRONG: Readonly<Record<string, Other>> = {
  createVm: { options: { payload: [] } },
  playCase: { options: { payload: {} } },
  listVms: { url: '/v1/vms?limit=0' },
  deleteVms: { url: '/v1/vms' },
  diffVms: { url: '/v1/diff?a=vm-1' },
  followVms: { url: '/v1/events?nope=1' },
};

/** What is asked is wrong. */
async function see400(): Promise<void> {
  const app = await withVm();
  const { port } = await listen();
  await expectOf(400, ['invalid-request', 'malformed-http'], async (route) => {
    if (route.path.includes('{vm}')) return send(app, route, { vm: 'x'.repeat(65) });
    const wrong = WRONG[route.operation.operationId];
    if (wrong !== undefined) return send(app, route, wrong);
    // Nothing is asked but the path: then HTTP itself is wrong, without a Host.
    return raw(port, `GET ${route.path} HTTP/1.1\r\n`).then((finish) => finish());
  });
}

/** No token. */
async function see401(): Promise<void> {
  const app = await startApp({ tokens: [tokenOf('full', 'full-0123456789abcdef')] });
  await expectOf(401, ['token-required'], (route) => send(app, route));
}

/** A foreign name. */
async function see403(): Promise<void> {
  const app = await startApp();
  const options = { headers: { host: 'evil.test' } };
  await expectOf(403, ['host-refused'], (route) => send(app, route, { options }));
}

const MISSING: Readonly<Record<string, Other>> = {
  diffVms: { url: '/v1/diff?a=vm-1&b=vm-404' },
  playCase: {},
  startRace: { options: raceOf('vm-404') },
  startSweep: { options: sweepOf({ prices: ['nobodys'] }) },
  getJob: { url: '/v1/jobs/job-404' },
  cancelJob: { url: '/v1/jobs/job-404' },
  getScene: { url: '/v1/museum/nobody' },
  scoreTrace: { url: '/v1/traces?prices=nobodys' },
  getTraceReport: { url: '/v1/traces/job-404/report' },
  makeTracedVm: { url: '/v1/traces/job-404/vms' },
  startShrink: { options: shrinkOf('vm-404') },
};

/** A race over what a VM did. */
function raceOf(vm: string): InjectOptions {
  return { payload: { source: { kind: 'vm', vm }, policies: ['mainline'] } };
}

/** A shrinking of what a VM did. */
function shrinkOf(vm: string): InjectOptions {
  return { payload: { source: { kind: 'vm', vm } } };
}

function sweepOf(request: object): InjectOptions {
  return { payload: { workloads: ['kpti'], policies: ['mainline'], ...request } };
}

/** No such VM. */
async function see404(): Promise<void> {
  const app = await withVm();
  const codes = [
    ...['vm-not-found', 'vcpu-not-found', 'job-not-found', 'exhibit-not-found'],
    ...['price-list-not-found', 'trace-not-found'],
  ];
  await expectOf(404, codes, async (route) => {
    if (route.operation.operationId === 'playCase') return send(app, route, { options: caseOf(7) });
    return send(app, route, MISSING[route.operation.operationId] ?? { vm: 'vm-404' });
  });
}

/** A case whose only command is of a vCPU, or is one that KVM's ABI refuses. */
function caseOf(vcpu: number): InjectOptions {
  const body = exampleOf(routeOf('playCase')).body as object;
  const command = { kind: 'map', vcpu, root: '0x1000', address: '0x1', gpa: '0x0', tables: '0x0' };
  return { payload: { ...body, commands: [command] } };
}

/** The VM cannot. */
async function see409(): Promise<void> {
  // The model fails on VMXOFF, and that VM is lost; so is one of a trace, which switches roots.
  const app = await withVm({
    model: {
      step(vm, command, emit) {
        if (['vmxoff', 'mov-cr3'].includes(command.kind)) throw new Error('a bug');
        return step(vm, command, emit);
      },
    },
  });
  expect((await send(app, routeOf('runVmxoff'), { vm: 'vm-1' })).code).toBe('vm-poisoned');
  // A fork whose origin is gone: nobody knows its beginning.
  await send(app, routeOf('createVm'));
  await send(app, routeOf('forkVm'), { vm: 'vm-2', options: { payload: {} } });
  await send(app, routeOf('deleteVm'), { vm: 'vm-2' });
  await send(app, routeOf('createVm'), { options: { payload: { oracle: 'off' } } });
  // A VM that was taken back, which its lanes cannot be.
  await send(app, routeOf('createVm'), {
    options: { payload: { lanes: [{ policy: 'need-sync' }] } },
  });
  await send(app, routeOf('takeSnapshot'), { vm: 'vm-5' });
  await send(app, routeOf('restoreSnapshot'), { vm: 'vm-5' });
  // A VM whose state is too large for an excerpt.
  const fills = [{ gpa: '0x0', count: 5000, stride: 4096, first: '0x1', step: '0x1' }];
  await send(app, routeOf('createVm'), { options: { payload: { memory: { fills } } } });
  const codes = [
    ...['vm-poisoned', 'beginning-unknown', 'command-refused', 'oracle-off', 'race-ended'],
    'price-list-exists',
  ];
  await send(app, routeOf('addPriceList'));
  await traceOf(app);
  await expectOf(409, codes, async (route) => {
    const { operationId } = route.operation;
    if (operationId === 'playCase') return send(app, route, { options: caseOf(0) });
    if (operationId === 'startRace') return send(app, route, { options: raceOf('vm-3') });
    if (operationId === 'startShrink') return send(app, route, { options: shrinkOf('vm-3') });
    if (operationId === 'makeTracedVm') return send(app, route, { url: '/v1/traces/job-1/vms' });
    if (operationId === 'listAllowed') return send(app, route, { vm: 'vm-4' });
    if (operationId === 'getExcerpt') return send(app, route, { url: '/v1/vms/vm-6/excerpt' });
    if (operationId === 'getVmRace') return send(app, route, { vm: 'vm-5' });
    return send(app, route, {
      vm: ['forkVm', 'getCase', 'getCoverage'].includes(operationId) ? 'vm-3' : 'vm-1',
    });
  });
}

/** Scores the trace of the example, whose VM invalidates what the model fails on. */
async function traceOf(app: FastifyInstance): Promise<void> {
  await send(app, routeOf('scoreTrace'));
  await app.inject({ url: '/v1/jobs/job-1', headers: { prefer: 'wait=30' } });
}

/** The dumps of a moment. */
const AT_1 = Object.fromEntries(
  [
    ['listVcpus', 'vcpus?'],
    ['getVcpu', 'vcpus/0?'],
    ['getTlb', 'vcpus/0/tlb?'],
    ['walkTables', 'vcpus/0/walk?gva=0x0&'],
    ['explainLookup', 'vcpus/0/explain?pgd=0x0&'],
    ['listAllowed', 'vcpus/0/allowed?gva=0x0&'],
    ['listShadowPages', 'shadow-pages?'],
    ['getShadowPage', 'shadow-pages/0x100000000?'],
    ['readMemory', 'memory?'],
  ].map(([id, path]): [string, Other] => [`${id}`, { url: `/v1/vms/vm-1/${path}at=1` }]),
);

/** Where the beginning is needed. */
const EARLY: Readonly<Record<string, Other>> = {
  listEvents: { url: '/v1/vms/vm-1/events?after=0' },
  waitForEvent: { url: '/v1/vms/vm-1/wait?after=0' },
  waitUntil: { options: { payload: { until: { on: 'event', after: 0 } } } },
  verify: { options: { payload: { expect: [{ kind: 'never' }] } } },
  forkVm: { options: { payload: { seq: 1 } } },
  getDigest: { url: '/v1/vms/vm-1/digest?seq=1' },
  searchHistory: { url: '/v1/vms/vm-1/search?after=0' },
  explainEvent: { url: '/v1/vms/vm-1/events/1/why' },
  ...AT_1,
  diffMoments: { url: '/v1/vms/vm-1/diff?from=1' },
  diffVms: { url: '/v1/diff?a=vm-1&b=vm-1&aSeq=1' },
  getCase: {},
  getCoverage: {},
  getExcerpt: { url: '/v1/vms/vm-1/excerpt?at=1' },
  startRace: { options: raceOf('vm-1') },
  startShrink: { options: shrinkOf('vm-1') },
  followVms: { url: '/v1/events?epoch=another' },
};

/** A client that stops sending. */
async function see408(): Promise<void> {
  const { port } = await listen({ limits: { requestMs: 200 } });
  await expectOf(408, ['request-timeout'], async (route) => {
    const { method, url } = exampleOf(route);
    const head = `${method} ${url} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n`;
    const { status, json } = await exchange(port, `${head}abc`);
    return { status, code: json.code };
  });
}

/** It is no longer kept. */
async function see410(): Promise<void> {
  const app = await withVm({ limits: { historyRecordsPerVm: 4 } });
  for (let i = 0; i < 10; i += 1) await send(app, routeOf('runMovCr3'), { vm: 'vm-1' });
  expect(
    declaring(410)
      .map(({ operation }) => operation.operationId)
      .sort(),
  ).toEqual(Object.keys(EARLY).sort());
  await expectOf(410, ['events-expired', 'epoch-changed'], (route) =>
    send(app, route, { vm: 'vm-1', ...EARLY[route.operation.operationId] }),
  );
}

/** The VM has gone on. */
async function see412(): Promise<void> {
  const app = await withVm();
  const options = { headers: { 'if-match': '"999"' } };
  await expectOf(412, ['precondition-failed'], (route) =>
    send(app, route, { vm: 'vm-1', options }),
  );
}

/** A body over the bound. */
async function see413(): Promise<void> {
  const app = await startApp({ limits: { bodyBytes: 10 } });
  const options = { payload: { long: 'x'.repeat(10) } };
  await expectOf(413, ['body-too-large'], (route) => send(app, route, { options }));
}

/** A longer target than any that is needed. */
async function see414(): Promise<void> {
  const app = await startApp();
  await expectOf(414, ['target-too-long'], (route) =>
    send(app, route, { url: `/v1/model?${'x'.repeat(12_288)}` }),
  );
}

/** A body that is no JSON. */
async function see415(): Promise<void> {
  const app = await startApp();
  const options = { payload: 'a: b', headers: { 'content-type': 'application/yaml' } };
  await expectOf(415, ['unsupported-media-type'], (route) => send(app, route, { options }));
}

/** A key that named another request. */
async function see422(): Promise<void> {
  const app = await startApp();
  const headers = { 'idempotency-key': 'taken' };
  await send(app, routeOf('createVm'), { options: { headers, payload: { vcpus: 3 } } });
  await expectOf(422, ['idempotency-key-reused'], (route) =>
    send(app, route, { vm: 'vm-1', options: { headers } }),
  );
}

/** A client over its rate. */
async function see429(): Promise<void> {
  const app = await startApp({ limits: { clientRequestsPerSecond: 1 } });
  // Within one second, however long it takes.
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  let client = 0;
  await expectOf(429, ['rate-limited'], async (route) => {
    client += 1;
    const options = { remoteAddress: `10.0.0.${client}` };
    await send(app, routeOf('getHealth'), { options });
    return send(app, route, { options });
  });
}

/** An error of ours. */
async function see500(): Promise<void> {
  const app = await startApp({
    describer: async (into) => {
      into.addHook('onRequest', async () => {
        throw new Error('a bug');
      });
    },
  });
  await expectOf(500, ['internal'], (route) => send(app, route));
}

/** The server closes. */
async function see503(): Promise<void> {
  const { app, port } = await listen();
  const connections: Socket[] = [];
  app.server.on('connection', (socket: Socket) => connections.push(socket));
  const meant = declaring(503);
  const finish = new Map<Route, () => Promise<Sent>>();
  for (const route of meant) {
    const { method, url } = exampleOf(route);
    finish.set(route, await raw(port, `${method} ${url} HTTP/1.1\r\nHost: localhost\r\n`));
  }
  const begun = () => connections.filter(({ bytesRead }) => bytesRead > 0).length;
  await expect.poll(begun).toBe(meant.length);
  const closed = app.close();
  await expect.poll(() => app.server.listening).toBe(false);
  await expectOf(503, ['not-ready'], async (route) => (finish.get(route) as () => Promise<Sent>)());
  await closed;
}

/** Each status that refuses, and how every operation that declares it comes to answer with it. */
const REFUSALS: readonly (readonly [status: number, see: () => Promise<void>])[] = [
  [400, see400],
  [401, see401],
  [403, see403],
  [404, see404],
  [408, see408],
  [409, see409],
  [410, see410],
  [412, see412],
  [413, see413],
  [414, see414],
  [415, see415],
  [422, see422],
  [429, see429],
  [500, see500],
  [503, see503],
];

test.each(REFUSALS)('every operation that declares %i answers with it', (_status, see) => see());

test('no other status is declared', () => {
  const declared = ROUTES.flatMap(({ operation }) => declaredBy(operation));
  const refusing = [...new Set(declared)].filter((status) => status >= 400);
  expect(refusing.sort()).toEqual(REFUSALS.map(([status]) => status));
});
