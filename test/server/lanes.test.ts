import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { ask, type Frame, startApp } from './start.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const REGISTERS = { cr3: '0x100000', cr4: '0x200a0' };
const LANES = [{ policy: 'need-sync' }, { policy: 'mainline', prevRoots: 1 }];

const cr3 = (pcid: number) => ({
  kind: 'mov-cr3',
  vcpu: 0,
  value: `0x800000000010${pcid}00${pcid}`,
});
const ENTER = { kind: 'enter', vcpu: 0 };
/** The PCID of a cached root is invalidated, and the root is wanted again. */
const SCRIPT = [
  cr3(1),
  cr3(2),
  ENTER,
  { kind: 'invpcid', vcpu: 0, type: 1, pcid: 1, gva: '0x0' },
  cr3(1),
  ENTER,
];

async function createVm(app: FastifyInstance, more: object = { lanes: LANES }): Promise<Frame> {
  const body = JSON.stringify({ registers: REGISTERS, ...more });
  return (await ask(app, 'POST', '/v1/vms', body, JSON_TYPE)).json;
}

const run = (app: FastifyInstance, commands: readonly object[], query = '') =>
  ask(app, 'POST', `/v1/vms/vm-1/commands${query}`, JSON.stringify(commands), JSON_TYPE);

const post = (app: FastifyInstance, path: string, body: object = {}) =>
  ask(app, 'POST', `/v1/vms/vm-1/${path}`, JSON.stringify(body), JSON_TYPE);

const raceOf = async (app: FastifyInstance, vm = 'vm-1') =>
  (await ask(app, 'GET', `/v1/vms/${vm}/race`)).json;

const countsOf = ({ lanes }: Frame) =>
  lanes.map(({ name, counters }: Frame) => [name, counters.commands, counters.misses]);

describe('lanes beside a VM', () => {
  test('are given every command that the VM is given', async () => {
    const app = await startApp();
    expect((await createVm(app)).lanes).toEqual(LANES);
    await run(app, SCRIPT.slice(0, 4));
    await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', { value: cr3(1).value });
    await run(app, [ENTER], '?atomic=true');
    const race = await raceOf(app);
    expect(countsOf(race)).toEqual([
      ['mainline/3', 6, 3],
      ['need-sync/3', 6, 2],
      ['mainline/1', 6, 3],
    ]);
    expect(race.source.kind).toBe('vm');
    expect(race.partings[0].at).toBe(1);
    const source = { kind: 'vm', vm: 'vm-1' };
    const body = JSON.stringify({ source, policies: ['mainline', 'need-sync'] });
    const headers = { ...JSON_TYPE, prefer: 'wait=60' };
    const { json } = await ask(app, 'POST', '/v1/races', body, headers);
    const counters = (lane: Frame) => lane.counters;
    expect(race.lanes.slice(0, 2).map(counters)).toEqual(json.result.lanes.map(counters));
  });

  test('are spared what is only tried, or refused', async () => {
    const app = await startApp();
    await createVm(app);
    await run(app, SCRIPT, '?dryRun=true');
    await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3?dryRun=true', { value: '0x1000' });
    await run(app, [ENTER, { kind: 'enter', vcpu: 5 }], '?atomic=true');
    expect(countsOf(await raceOf(app)).map(([, commands]: unknown[]) => commands)).toEqual([
      0, 0, 0,
    ]);
  });

  test('begin anew with a reset, and end where the VM is taken back to a snapshot', async () => {
    const app = await startApp();
    await createVm(app);
    await run(app, SCRIPT);
    await post(app, 'snapshots', { name: 'here' });
    await post(app, 'reset');
    await run(app, [ENTER]);
    expect(countsOf(await raceOf(app))[0]).toEqual(['mainline/3', 1, 0]);
    await post(app, 'snapshots/here/restore');
    const ended = await ask(app, 'GET', '/v1/vms/vm-1/race');
    expect([ended.status, ended.json.code]).toEqual([409, 'race-ended']);
    expect(ended.json.detail).toContain('reset the VM to begin it anew');
    await run(app, [ENTER]);
    await post(app, 'reset');
    expect(countsOf(await raceOf(app))[0]).toEqual(['mainline/3', 0, 0]);
  });

  test('are not those of a fork, nor of a VM that was made without', async () => {
    const app = await startApp();
    await createVm(app);
    await post(app, 'fork');
    await createVm(app, {});
    for (const vm of ['vm-2', 'vm-3']) {
      const { status, json } = await ask(app, 'GET', `/v1/vms/${vm}/race`);
      expect([status, json.code]).toEqual([404, 'race-not-found']);
    }
    expect((await ask(app, 'GET', '/v1/vms/vm-9/race')).json.code).toBe('vm-not-found');
  });

  test('count as vCPUs, and are bounded', async () => {
    const app = await startApp({ limits: { vcpus: 7 } });
    await createVm(app);
    const metrics = async () => String((await ask(app, 'GET', '/metrics')).json);
    expect(await metrics()).toContain('mmulab_vcpus 4');
    expect(await createVm(app)).toMatchObject({ code: 'vcpu-limit-reached' });
    await ask(app, 'DELETE', '/v1/vms/vm-1');
    expect(await metrics()).toContain('mmulab_vcpus 0');
    expect(await metrics()).toContain('mmulab_memory_pages 0');
    const many = Array.from({ length: 13 }, () => ({ policy: 'mainline' }));
    expect(await createVm(app, { lanes: many })).toMatchObject({ code: 'invalid-request' });
    expect(await createVm(app, { lanes: [] })).toMatchObject({ code: 'invalid-request' });
  });
});
