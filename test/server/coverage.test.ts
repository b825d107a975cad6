import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { ask, type Frame, startApp } from './start.js';

const CONFIG = { registers: { cr3: '0x1001', cr4: '0x200a0' } };
const MAP = {
  kind: 'map',
  vcpu: 0,
  root: '0x1000',
  address: '0x400000',
  gpa: '0x14000',
  tables: '0x2000',
};
const READ = { kind: 'read', vcpu: 0, gva: '0x400000' };
const OTHER = { kind: 'mov-cr3', vcpu: 0, value: '0x11002' };

async function vmWith(app: FastifyInstance, commands: object[], config: object = CONFIG) {
  const { json } = await ask(app, 'POST', '/v1/vms', config);
  if (commands.length > 0) await ask(app, 'POST', `/v1/vms/${json.id}/commands`, commands);
  return json.id as string;
}

async function coverageOf(app: FastifyInstance, vm: string, query = ''): Promise<Frame> {
  const path = `/v1/vms/${vm}/coverage?states=40&waitMs=60000&limit=1000${query}`;
  const { status, json } = await ask(app, 'GET', path);
  expect([status, json.detail]).toEqual([200, undefined]);
  return json;
}

const nameOf = ({ state, command, outcome }: Frame) => JSON.stringify([state, command, outcome]);

test('what was missed is reached by the way to it', async () => {
  const app = await startApp();
  const vm = await vmWith(app, [MAP, READ, OTHER]);
  const { triples, exercised, reachable, missed, machine, search, commands, seq } =
    await coverageOf(app, vm);
  expect([exercised, commands, search.state, search.problem]).toEqual([3, 3, 'done', null]);
  expect(machine.stage).toMatchObject([MAP]);
  expect(machine.alphabet.map(({ kind }: Frame) => kind).sort()).toEqual([
    ...['enter', 'invlpg', 'invpcid', 'invpcid', 'invpcid'],
    ...['mov-cr3', 'mov-cr3', 'mov-cr3', 'mov-cr3', 'read'],
  ]);
  const { json: read } = await ask(app, 'GET', `/v1/vms/${vm}`);
  expect(seq).toBeLessThanOrEqual(read.seq);
  // The stage itself happened, and is not searched for.
  expect(triples.filter(({ way }: Frame) => way === null)).toMatchObject([
    { command: 'map', outcome: 'ok', times: 1, first: 1 },
  ]);
  expect(missed).toBe(reachable - 2);
  const longest = triples.filter(({ times }: Frame) => times === 0).at(-1);
  const again = await vmWith(app, [...machine.stage, ...longest.way]);
  const { triples: then } = await coverageOf(app, again, '&only=exercised');
  expect(then.map(nameOf)).toContain(nameOf(longest));
  // Another order, the same machine: nobody searches twice.
  expect((await ask(app, 'GET', '/v1/jobs')).json.jobs).toHaveLength(1);
});

test('it comes in parts, of all, of what was missed, and of what was not', async () => {
  const app = await startApp();
  const vm = await vmWith(app, [READ]);
  const all = await coverageOf(app, vm);
  const missed = await coverageOf(app, vm, '&only=missed');
  const exercised = await coverageOf(app, vm, '&only=exercised');
  expect([missed.triples.length, exercised.triples.length]).toEqual([all.missed, all.exercised]);
  const path = `/v1/vms/${vm}/coverage?states=40&limit=2&cursor=`;
  const { json: first } = await ask(app, 'GET', `${path}0`);
  const { json: second } = await ask(app, 'GET', `${path}${first.next}`);
  expect([...first.triples, ...second.triples]).toEqual(all.triples.slice(0, 4));
});

test('the first look starts a job, and later ones go on with what happened since', async () => {
  const app = await startApp();
  const vm = await vmWith(app, [READ]);
  const { json } = await ask(app, 'GET', `/v1/vms/${vm}/coverage?states=40`);
  expect([json.exercised, json.reachable, json.missed, json.search.reached]).toEqual([
    ...[1, null, null, null],
  ]);
  const { id: job } = (await ask(app, 'GET', '/v1/jobs')).json.jobs[0];
  expect(job).toBe(json.search.job);
  await ask(app, 'POST', `/v1/vms/${vm}/commands`, [READ, READ]);
  const after = await coverageOf(app, vm);
  expect([after.commands, after.search.job]).toEqual([3, job]);
  const { json: done } = await ask(app, 'GET', `/v1/jobs/${job}`);
  expect([done.kind, done.result.triples]).toEqual(['coverage', after.reachable]);
});

test('commands before a reset count, and it begins anew behind it', async () => {
  const app = await startApp();
  const vm = await vmWith(app, [READ]);
  await ask(app, 'POST', `/v1/vms/${vm}/reset`);
  await ask(app, 'POST', `/v1/vms/${vm}/commands`, [READ]);
  const { triples, commands } = await coverageOf(app, vm, '&only=exercised');
  expect([commands, triples.map(({ times }: Frame) => times)]).toEqual([2, [2]]);
});

test('a fork has the commands of its origin as its stage', async () => {
  const app = await startApp();
  const vm = await vmWith(app, [MAP, READ]);
  const { json: fork } = await ask(app, 'POST', `/v1/vms/${vm}/fork`, {});
  await ask(app, 'POST', `/v1/vms/${fork.id}/commands`, [READ]);
  const { commands, machine, exercised } = await coverageOf(app, fork.id);
  expect([commands, exercised]).toEqual([1, 1]);
  expect(machine.stage).toMatchObject([MAP, READ]);
});

test('a search that is cancelled begins again, and a machine of 64 vCPUs has one', async () => {
  const app = await startApp();
  const vm = await vmWith(app, [{ ...READ, vcpu: 63 }], { vcpus: 64 });
  const { json } = await ask(app, 'GET', `/v1/vms/${vm}/coverage?states=10`);
  expect((await ask(app, 'DELETE', `/v1/jobs/${json.search.job}`)).status).toBe(204);
  const { search } = await coverageOf(app, vm);
  expect([search.state, search.reached.end]).toEqual(['done', 'exhausted']);
  expect(search.job).not.toBe(json.search.job);
});

test.each([
  ['states=0', '/states'],
  ['states=100001', '/states'],
  ['depth=0', '/depth'],
  ['waitMs=60001', '/waitMs'],
  ['limit=1001', '/limit'],
  ['only=nothing', '/only'],
])('%s is refused', async (query, path) => {
  const app = await startApp();
  const vm = await vmWith(app, []);
  const { status, json } = await ask(app, 'GET', `/v1/vms/${vm}/coverage?${query}`);
  expect([status, json.code, json.errors[0].path]).toEqual([400, 'invalid-request', path]);
});
