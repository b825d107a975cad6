import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateClient } from '../../scripts/generate-client.js';
import { POLICY_NAMES } from '../../src/mmu/index.js';
import { COMMAND_KINDS, EVENT_KINDS } from '../../src/mmu/schema/index.js';
import {
  describeAsyncapi,
  describeBounds,
  describeOpenapi,
} from '../../src/server/describe/index.js';
import { DEFAULT_LIMITS, VERSION } from '../../src/server/index.js';
import { describedRoutes } from './described.js';
import { ask, startApp } from './start.js';

/** Bytes of openapi.yaml that an operation may take, its share of schemas and examples included. */
const OPERATION_BYTES = 3362;

const fileOf = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

test('every policy is listed with its cost', async () => {
  const app = await startApp();
  const { status, json } = await ask(app, 'GET', '/v1/policies');
  expect(status).toBe(200);
  expect(json.policies.map(({ name }: { name: string }) => name)).toEqual(POLICY_NAMES);
  for (const policy of json.policies) {
    const keys = ['name', 'summary', 'source', 'costBytes', 'costNote', 'isSound'];
    expect(Object.keys(policy)).toEqual(keys);
    expect(policy.isSound).toBe(!policy.name.endsWith('-posted'));
  }
});

test('the model says what it covers', async () => {
  const app = await startApp({ limits: DEFAULT_LIMITS });
  const { status, json } = await ask(app, 'GET', '/v1/model');
  expect(status).toBe(200);
  expect(json.version).toBe(VERSION);
  expect(json.commands.map(({ kind }: { kind: string }) => kind)).toEqual(COMMAND_KINDS);
  expect(json.events.map(({ kind }: { kind: string }) => kind)).toEqual(EVENT_KINDS);
  expect(json.requests).toEqual([
    'GET_NESTED_STATE_PAGES',
    'MMU_RELOAD',
    'MMU_FREE_OBSOLETE_ROOTS',
    'MMU_SYNC',
    'LOAD_MMU_PGD',
    'TLB_FLUSH',
    'TLB_FLUSH_CURRENT',
    'TLB_FLUSH_GUEST',
    'HV_TLB_FLUSH',
    'TRIPLE_FAULT',
    'STEAL_UPDATE',
  ]);
  expect(json.bounds).toEqual({
    vms: 10_000,
    idleMs: 600_000,
    vcpusPerVm: 64,
    vcpus: 100_000,
    prevRoots: 15,
    priceLists: 256,
    defectsPerVm: 16,
    mmuPages: 65_536,
    vmcsRegionsPerVm: 256,
    tlbEntries: 65_536,
    memslots: 32,
    memoryPagesPerVm: 16_384,
    memoryPages: 262_144,
    pagesPerMap: 65_536,
    commandsPerBatch: 10_000,
    targetBytes: 12_288,
    bodyBytes: 4_194_304,
    requestMs: 30_000,
    drainMs: 5000,
    vmKeptSeconds: null,
    historyRecordsPerVm: 16_777_216,
    historyRecords: 1_800_000,
    snapshotsPerVm: 64,
    snapshotBytes: 268_435_456,
    commandsPerCase: 10_000,
    excerptPages: 4096,
    commandsPerWorkload: 100_000,
    differencesPerPage: 10_000,
    momentMachines: 8,
    momentPages: 65_536,
    momentMarks: 32,
    commandsPerCoverage: 20_000,
    coverageMachines: 8,
    triplesPerCoverage: 10_000,
    triplesPerPage: 1000,
    recordsPerSearch: 32_768,
    timelineBuckets: 1024,
    timelineCells: 32_768,
    framesPerPage: 10_000,
    shadowPagesPerPage: 1000,
    tlbEntriesPerPage: 10_000,
    memoryBytesPerPage: 65_536,
    streams: 1000,
    streamBufferBytes: 1_048_576,
    streamFrameBytes: 33_554_432,
    heartbeatMs: 30_000,
    fleetStreams: 64,
    lifeRecords: 4096,
    waits: 1000,
    waitMs: 60_000,
    jobs: 16,
    jobsRunning: 2,
    jobsKept: 64,
    jobKeptMs: 3_600_000,
    jobSliceMs: 8,
    shardThreads: 2,
    shardsAhead: 64,
    jobPages: 131_072,
    jobResultPages: 65_536,
    traceBytes: 2_147_483_648,
    traceStoreBytes: 4_294_967_296,
    triesPerShrink: 10_000,
    lanesPerRace: 48,
    lanesPerVm: 12,
    stepsPerRace: 5_000_000,
    cellsPerSweep: 2000,
    stepsPerSweep: 50_000_000,
    expectations: 32,
    checks: 16,
    vmsPerTag: 5000,
    tagsPerVm: 16,
    ttlSeconds: 604_800,
    commandsTried: 1000,
    commandLineBytes: 65_536,
    idempotencyKeys: 10_000,
    idempotencyBytes: 67_108_864,
    idempotencyAnswerBytes: 4_194_304,
    idempotencyMs: 3_600_000,
    journalBytes: 64 * 1024 ** 3,
    clientRequestsPerSecond: null,
    eventLoopDelayMs: 1000,
    heapBytes: DEFAULT_LIMITS.heapBytes,
  });
});

test('health and readiness', async () => {
  const app = await startApp();
  expect((await ask(app, 'GET', '/healthz')).json).toEqual({ status: 'ok', version: VERSION });
  expect((await ask(app, 'GET', '/readyz')).json).toEqual({
    status: 'ready',
    version: VERSION,
    kept: 'in memory: VMs end with the server',
  });
});

test('every answer names the version', async () => {
  const app = await startApp();
  for (const url of ['/healthz', '/v1/nope', '/']) {
    expect((await ask(app, 'GET', url)).headers['mmulab-version']).toBe(VERSION);
  }
});

test('openapi.yaml and asyncapi.yaml are those of the schemas', async () => {
  expect(fileOf('openapi.yaml')).toBe(await describeOpenapi());
  expect(fileOf('asyncapi.yaml')).toBe(describeAsyncapi());
});

test('docs/bounds.md is the table of the bounds', () => {
  expect(fileOf('docs/bounds.md')).toBe(describeBounds());
});

test('both are of a size that one can open, and an operation takes no more than others', () => {
  const { size } = describedRoutes().routes;
  expect(fileOf('openapi.yaml').length).toBeLessThanOrEqual(size * OPERATION_BYTES);
  expect(fileOf('asyncapi.yaml').length).toBeLessThanOrEqual(80_000);
});

test('every operation has a description, which says more than its summary', () => {
  const operations = [...describedRoutes().routes.values()].map(({ operation }) => operation);
  const bare = operations.filter(
    ({ summary, description = '' }) => !description.endsWith('.') || description === summary,
  );
  expect(bare.map(({ operationId }) => operationId)).toEqual([]);
});

test('the client is generated from openapi.yaml as it is', async () => {
  expect(fileOf('src/client/api.ts')).toBe(await generateClient());
});

test('the descriptions are served', async () => {
  const app = await startApp();
  for (const name of ['openapi.yaml', 'asyncapi.yaml']) {
    const { status, headers } = await ask(app, 'GET', `/${name}`);
    expect([status, headers['content-type']]).toEqual([200, 'application/yaml; charset=utf-8']);
  }
});

test('the page may load from its own server only', async () => {
  const app = await startApp();
  const { status, headers } = await ask(app, 'GET', '/');
  expect(status).toBe(200);
  expect(headers['content-security-policy']).toBe(
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';" +
      "connect-src 'self';manifest-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  );
  expect(headers['strict-transport-security']).toBe(undefined);
});
