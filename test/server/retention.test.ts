import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { MemoryJournal, NotWritten } from '../../src/journal/log/index.js';
import { clockFrom } from '../../src/server/durable/kept-clock.js';
import { openKeeper } from '../../src/server/durable/open-keeper.js';
import { deleteOld } from '../../src/server/fleet/delete-old.js';
import type { Fleet } from '../../src/server/fleet/fleet.js';
import { ask, plainIds, startApp } from './start.js';

const LIMITS = { eventLoopDelayMs: 0 };

async function startOn(journal: MemoryJournal, limits: object = {}): Promise<FastifyInstance> {
  return await startApp({
    ...{ epoch: 'test', ids: plainIds, journal },
    limits: { ...LIMITS, ...limits },
  });
}

async function idsOf(app: FastifyInstance): Promise<string[]> {
  const { json } = await ask(app, 'GET', '/v1/vms');
  return json.vms.map(({ id }: { id: string }) => id);
}

test('a VM that has slept for too long is deleted, and one that is used is not', async () => {
  const journal = new MemoryJournal();
  const app = await startOn(journal);
  for (let i = 1; i <= 3; i += 1) await ask(app, 'POST', '/v1/vms', {});
  await app.close();
  const again = await startOn(journal, { vmKeptSeconds: 1 });
  expect((await ask(again, 'GET', '/v1/vms/vm-2')).status).toBe(200);
  await expect.poll(() => idsOf(again)).toEqual(['vm-2']);
  expect((await ask(again, 'GET', '/v1/vms/vm-1')).status).toBe(404);
  await again.close();
  expect(await idsOf(await startOn(journal))).toEqual(['vm-2']);
});

test('no clock that is set makes a VM older: only the time does in which a server runs', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.UTC(2026, 0, 1) });
  onTestFinished(() => void vi.useRealTimers());
  const journal = new MemoryJournal();
  const app = await startOn(journal);
  await ask(app, 'POST', '/v1/vms', {});
  vi.advanceTimersByTime(60_000);
  vi.setSystemTime(Date.UTC(2050, 0, 1));
  await ask(app, 'POST', '/v1/vms', {});
  await app.close();
  const log = { error: () => {}, info: () => {} };
  const ages = async () => {
    const { sleepers, keeper } = await openKeeper(journal, { log });
    return sleepers.map(({ since }) => keeper.clock.now() - since);
  };
  expect(await ages()).toEqual([60_000, 0]);
  vi.setSystemTime(Date.UTC(1970, 0, 1));
  expect(await ages()).toEqual([60_000, 0]);
});

test('age is counted to the second, and at most 500 VMs go at once', () => {
  vi.useFakeTimers({ now: 1_000_000 });
  onTestFinished(() => void vi.useRealTimers());
  const sleepers = new Map(
    Array.from({ length: 600 }, (_, i) => [
      `vm-${i + 1}`,
      { id: `vm-${i + 1}`, vm: null, waking: null, since: i === 0 ? 1_000_000 : 900_000 },
    ]),
  );
  const fleet = {
    limits: { vmKeptSeconds: 60 },
    list: () => [...sleepers.values()].values(),
    delete: (id: string) => sleepers.delete(id),
  } as unknown as Fleet;
  const said: object[] = [];
  const log = { error: () => {}, info: (details: object) => said.push(details) };
  const kept: number[] = [];
  const stop = deleteOld(
    fleet,
    log,
    clockFrom(1_000_000, (livedMs) => kept.push(livedMs)),
  );
  vi.advanceTimersByTime(30_000);
  expect(sleepers.size).toBe(100);
  vi.setSystemTime(1e12);
  // The first one is 60 seconds old, and no more.
  vi.advanceTimersByTime(30_000);
  expect([...sleepers.keys()]).toEqual(['vm-1']);
  vi.advanceTimersByTime(30_000);
  expect(sleepers.size).toBe(0);
  stop();
  expect(kept).toEqual([1_030_000, 1_060_000, 1_090_000]);
  expect(said).toEqual([500, 99, 1].map((vms) => ({ vms, vmKeptSeconds: 60 })));
});

test.each([
  ['awake', false],
  ['asleep', true],
])(
  'a VM that is %s and cannot be deleted on disk is still there, and goes later',
  async (_name, isAsleep) => {
    const journal = new MemoryJournal();
    let app = await startOn(journal);
    for (let i = 1; i <= 3; i += 1) await ask(app, 'POST', '/v1/vms', {});
    const before = (await ask(app, 'GET', '/v1/vms/vm-2')).json;
    if (isAsleep) {
      await app.close();
      app = await startOn(journal);
    }
    const remove = journal.delete.bind(journal);
    journal.delete = async () => {
      throw new NotWritten('no space left on device', true);
    };
    const refused = await ask(app, 'DELETE', '/v1/vms/vm-2');
    expect([refused.status, refused.json.detail]).toEqual([
      503,
      'Cannot keep what this request did, which is undone: there is no room for the journal (no space left on device)',
    ]);
    expect(await idsOf(app)).toEqual(['vm-1', 'vm-2', 'vm-3']);
    expect((await ask(app, 'GET', '/v1/vms/vm-2')).json).toEqual(before);
    const moved = await ask(app, 'POST', '/v1/vms/vm-2/vcpus/0/mov-cr3', { value: '0x1000' });
    expect(moved.status).toBe(200);
    journal.delete = remove;
    expect((await ask(app, 'DELETE', '/v1/vms/vm-2')).status).toBe(204);
    expect(await idsOf(app)).toEqual(['vm-1', 'vm-3']);
    await app.close();
    expect(await idsOf(await startOn(journal))).toEqual(['vm-1', 'vm-3']);
  },
);
