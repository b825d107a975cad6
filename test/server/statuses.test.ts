import { connect as connectTcp, type Socket } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { step } from '../../src/mmu/index.js';
import { SESSION } from '../../src/server/describe/session.js';
import type { AppOptions } from '../../src/server/index.js';
import { describedRoutes, exampleOf, type Route } from './described.js';
import { listen, startApp } from './start.js';

/** Every operation with every status that it declares: each test takes out what it has seen. */
const unseen = new Set<string>();
let routes: readonly Route[] = [];

beforeAll(() => {
  routes = [...describedRoutes().routes.values()];
  for (const { operation } of routes) {
    for (const status of Object.keys(operation.responses)) {
      unseen.add(`${operation.operationId} ${status}`);
    }
  }
});

afterAll(() => {
  expect([...unseen]).toEqual([]);
});

const declaring = (status: number) =>
  routes.filter(({ operation }) => String(status) in operation.responses);

const routeOf = (id: string) =>
  routes.find(({ operation }) => operation.operationId === id) as Route;

interface Sent {
  readonly status: number;
  readonly code: string | undefined;
}

/** Asks for what an example asks for, but as a test would have it. */
async function send(app: FastifyInstance, route: Route, other: Other = {}): Promise<Sent> {
  const { method, url, body } = exampleOf(route, other.vm);
  const response = await app.inject({
    method,
    url: other.url ?? url,
    ...(body === undefined ? {} : { payload: body as object }),
    ...other.options,
    // A stream has a status before it ends.
    payloadAsStream: true,
  });
  const isRefused = response.statusCode >= 400;
  let text = '';
  if (isRefused) for await (const chunk of response.stream()) text += String(chunk);
  else response.stream().destroy();
  return { status: response.statusCode, code: isRefused ? JSON.parse(text).code : undefined };
}

interface Other {
  readonly vm?: string;
  readonly url?: string;
  readonly options?: InjectOptions;
}

/** Has every route, or those that declare it, answer with a status for one of these reasons. */
async function expectOf(
  meant: readonly Route[],
  status: number,
  codes: readonly string[],
  ask: (route: Route) => Promise<Sent>,
): Promise<void> {
  const seen = [];
  for (const route of meant) {
    const { operationId } = route.operation;
    const answer = await ask(route);
    expect([operationId, answer]).toEqual([
      operationId,
      { status, code: codes.includes(answer.code ?? '') ? answer.code : codes.join(' or ') },
    ]);
    seen.push(`${operationId} ${status}`);
    unseen.delete(`${operationId} ${status}`);
  }
  expect(new Set(seen).size).toBe(meant.length);
}

const withVm = async (options: AppOptions = {}) => {
  const app = await startApp(options);
  await send(app, routeOf('createVm'));
  return app;
};

test('every operation does what it is for', async () => {
  const app = await startApp();
  for (const { operation: id, path = {}, query = {}, body } of SESSION) {
    const route = routeOf(id);
    const filled = route.path.replace(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '');
    // What is played is the example of a case.
    const payload = body ?? exampleOf(route).body;
    const options = payload === undefined ? {} : { payload: payload as object };
    const url = `${filled}?${new URLSearchParams(query)}`;
    const { status } = await send(app, route, { url, options });
    unseen.delete(`${id} ${status}`);
  }
  const patient = { headers: { prefer: 'wait=30' } };
  expect(await send(app, routeOf('startRace'), { options: patient })).toMatchObject({
    status: 200,
  });
  unseen.delete('startRace 200');
  for (const id of ['getMetrics', 'followVms']) {
    const { status } = await send(app, routeOf(id));
    unseen.delete(`${id} ${status}`);
  }
  expect([...unseen].filter((pair) => / 2\d\d$/.test(pair))).toEqual([]);
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

test('400: what is asked is wrong', async () => {
  const app = await withVm();
  const { port } = await listen();
  await expectOf(declaring(400), 400, ['invalid-request', 'malformed-http'], async (route) => {
    if (route.path.includes('{vm}')) return send(app, route, { vm: 'x'.repeat(65) });
    const wrong = WRONG[route.operation.operationId];
    if (wrong !== undefined) return send(app, route, wrong);
    // Nothing is asked but the path: then HTTP itself is wrong, without a Host.
    return raw(port, `GET ${route.path} HTTP/1.1\r\n`).then((finish) => finish());
  });
});

test('401: no token', async () => {
  const app = await startApp({ tokens: [{ scope: 'full', secret: 'full-0123456789abcdef' }] });
  await expectOf(declaring(401), 401, ['token-required'], (route) => send(app, route));
});

test('403: a foreign name', async () => {
  const app = await startApp();
  const options = { headers: { host: 'evil.test' } };
  await expectOf(declaring(403), 403, ['host-refused'], (route) => send(app, route, { options }));
});

const MISSING: Readonly<Record<string, Other>> = {
  diffVms: { url: '/v1/diff?a=vm-1&b=vm-404' },
  playCase: {},
  startRace: { options: raceOf('vm-404') },
  getJob: { url: '/v1/jobs/job-404' },
  cancelJob: { url: '/v1/jobs/job-404' },
  getScene: { url: '/v1/museum/nobody' },
};

/** A race over what a VM did. */
function raceOf(vm: string): InjectOptions {
  return { payload: { source: { kind: 'vm', vm }, policies: ['mainline'] } };
}

test('404: no such VM', async () => {
  const app = await withVm();
  const codes = ['vm-not-found', 'vcpu-not-found', 'job-not-found', 'exhibit-not-found'];
  await expectOf(declaring(404), 404, codes, async (route) => {
    if (route.operation.operationId === 'playCase') return send(app, route, { options: caseOf(7) });
    return send(app, route, MISSING[route.operation.operationId] ?? { vm: 'vm-404' });
  });
});

/** A case whose only command is of a vCPU, or is one that KVM's ABI refuses. */
function caseOf(vcpu: number): InjectOptions {
  const body = exampleOf(routeOf('playCase')).body as object;
  const command = { kind: 'map', vcpu, root: '0x1000', address: '0x1', gpa: '0x0', tables: '0x0' };
  return { payload: { ...body, commands: [command] } };
}

test('409: the VM cannot', async () => {
  // The model fails on VMXOFF, and that VM is lost.
  const app = await withVm({
    model: {
      step(vm, command, emit) {
        if (command.kind === 'vmxoff') throw new Error('a bug');
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
  const codes = [
    ...['vm-poisoned', 'beginning-unknown', 'command-refused', 'oracle-off', 'race-ended'],
  ];
  await expectOf(declaring(409), 409, codes, async (route) => {
    const { operationId } = route.operation;
    if (operationId === 'playCase') return send(app, route, { options: caseOf(0) });
    if (operationId === 'startRace') return send(app, route, { options: raceOf('vm-3') });
    if (operationId === 'listAllowed') return send(app, route, { vm: 'vm-4' });
    if (operationId === 'getVmRace') return send(app, route, { vm: 'vm-5' });
    return send(app, route, { vm: ['forkVm', 'getCase'].includes(operationId) ? 'vm-3' : 'vm-1' });
  });
});

/** Where the beginning is needed. */
const EARLY: Readonly<Record<string, Other>> = {
  listEvents: { url: '/v1/vms/vm-1/events?after=0' },
  waitForEvent: { url: '/v1/vms/vm-1/wait?after=0' },
  waitUntil: { options: { payload: { until: { on: 'event', after: 0 } } } },
  verify: { options: { payload: { expect: [{ kind: 'never' }] } } },
  forkVm: { options: { payload: { seq: 1 } } },
  getDigest: { url: '/v1/vms/vm-1/digest?seq=1' },
  diffMoments: { url: '/v1/vms/vm-1/diff?from=1' },
  diffVms: { url: '/v1/diff?a=vm-1&b=vm-1&aSeq=1' },
  getCase: {},
  startRace: { options: raceOf('vm-1') },
  followVms: { url: '/v1/events?epoch=another' },
};

test('410: it is no longer kept', async () => {
  const app = await withVm({ limits: { vmHistoryRecordsMax: 4 } });
  for (let i = 0; i < 10; i += 1) await send(app, routeOf('runMovCr3'), { vm: 'vm-1' });
  expect(
    declaring(410)
      .map(({ operation }) => operation.operationId)
      .sort(),
  ).toEqual(Object.keys(EARLY).sort());
  await expectOf(declaring(410), 410, ['events-expired', 'epoch-changed'], (route) =>
    send(app, route, { vm: 'vm-1', ...EARLY[route.operation.operationId] }),
  );
});

test('412: the VM has gone on', async () => {
  const app = await withVm();
  const options = { headers: { 'if-match': '"999"' } };
  await expectOf(declaring(412), 412, ['precondition-failed'], (route) =>
    send(app, route, { vm: 'vm-1', options }),
  );
});

test('413: a body over the bound', async () => {
  const app = await startApp({ limits: { bodyBytesMax: 10 } });
  const options = { payload: { long: 'x'.repeat(10) } };
  await expectOf(declaring(413), 413, ['body-too-large'], (route) => send(app, route, { options }));
});

test('415: a body that is no JSON', async () => {
  const app = await startApp();
  const options = { payload: 'a: b', headers: { 'content-type': 'text/plain' } };
  await expectOf(declaring(415), 415, ['unsupported-media-type'], (route) =>
    send(app, route, { options }),
  );
});

test('422: a key that named another request', async () => {
  const app = await startApp();
  const headers = { 'idempotency-key': 'taken' };
  await send(app, routeOf('createVm'), { options: { headers, payload: { vcpus: 3 } } });
  await expectOf(declaring(422), 422, ['idempotency-key-reused'], (route) =>
    send(app, route, { vm: 'vm-1', options: { headers } }),
  );
});

test('429: a client over its rate', async () => {
  const app = await startApp({ limits: { clientRequestsPerSecondMax: 1 } });
  let client = 0;
  await expectOf(declaring(429), 429, ['rate-limited'], async (route) => {
    client += 1;
    const options = { remoteAddress: `10.0.0.${client}` };
    await send(app, routeOf('getHealth'), { options });
    return send(app, route, { options });
  });
});

test('500: an error of ours', async () => {
  const app = await startApp({
    describer: async (into) => {
      into.addHook('onRequest', async () => {
        throw new Error('a bug');
      });
    },
  });
  await expectOf(declaring(500), 500, ['internal'], (route) => send(app, route));
});

test('503: the server closes', async () => {
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
  await new Promise((resolve) => setTimeout(resolve, 100));
  await expectOf(meant, 503, ['not-ready'], async (route) =>
    (finish.get(route) as () => Promise<Sent>)(),
  );
  await closed;
});

/** Sends a part of a request. @returns What sends the rest of it, and takes the answer. */
async function raw(port: number, head: string): Promise<() => Promise<Sent>> {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.write(head, resolve));
  return async () => {
    socket.end('Connection: close\r\nContent-Length: 0\r\n\r\n');
    await closed;
    const [, status] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? [];
    const [, code] = /"code":"([a-z-]+)"/.exec(text) ?? [];
    return { status: Number(status), code };
  };
}
