import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { POLICY_NAMES } from '../../src/mmu/index.js';
import { COMMAND_KINDS, EVENT_KINDS } from '../../src/mmu/schema/index.js';
import { describeAsyncapi, describeOpenapi } from '../../src/server/describe/index.js';
import { VERSION } from '../../src/server/index.js';
import { ask, startApp } from './start.js';

const fileOf = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

test('every policy is listed with its cost', async () => {
  const app = await startApp();
  const { status, json } = await ask(app, 'GET', '/v1/policies');
  expect(status).toBe(200);
  expect(json.policies.map(({ name }: { name: string }) => name)).toEqual(POLICY_NAMES);
  for (const policy of json.policies) {
    expect(Object.keys(policy)).toEqual(['name', 'summary', 'source', 'costBytes', 'costNote']);
  }
});

test('the model says what it covers', async () => {
  const app = await startApp();
  const { status, json } = await ask(app, 'GET', '/v1/model');
  expect(status).toBe(200);
  expect(json.version).toBe(VERSION);
  expect(json.commands.map(({ kind }: { kind: string }) => kind)).toEqual(COMMAND_KINDS);
  expect(json.events.map(({ kind }: { kind: string }) => kind)).toEqual(EVENT_KINDS);
  expect(json.bounds.vms).toBe(10_000);
});

test('health and readiness', async () => {
  const app = await startApp();
  expect((await ask(app, 'GET', '/healthz')).json).toEqual({ status: 'ok', version: VERSION });
  expect((await ask(app, 'GET', '/readyz')).json).toEqual({ status: 'ready', version: VERSION });
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
