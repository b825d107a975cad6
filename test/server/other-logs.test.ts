import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { MemoryJournal, type Placed } from '../../src/journal/log/index.js';
import { follow, SSE } from './follow.js';
import { ask, plainIds, startApp } from './start.js';

/** A journal that gives other records back than it was given. */
class OtherJournal extends MemoryJournal {
  change: (vm: string, placed: Placed) => Placed | null = (_, placed) => placed;

  override async *read(vm: string, from: number): AsyncGenerator<Placed> {
    for await (const placed of super.read(vm, from)) {
      const changed = this.change(vm, placed);
      if (changed !== null) yield changed;
    }
  }
}

const start = (journal: MemoryJournal) =>
  startApp({ epoch: 'test', ids: plainIds, journal, limits: { eventLoopDelayMs: 0 } });

const move = (app: FastifyInstance, vm: string, value: string) =>
  ask(app, 'POST', `/v1/vms/${vm}/vcpus/0/mov-cr3`, { value });

/** A journal of two VMs, each with three records. */
async function twoVms(): Promise<OtherJournal> {
  const journal = new OtherJournal();
  const app = await start(journal);
  for (const vm of ['vm-1', 'vm-2']) {
    await ask(app, 'POST', '/v1/vms', {});
    for (const value of ['0x1000', '0x2000']) await move(app, vm, value);
  }
  await app.close();
  return journal;
}

test.each([
  [{ rules: 0 }, 'it was written under rules 0, and these are 1'],
  [{ rules: 2 }, 'it was written under rules 2, and these are 1'],
])('a log of %j is refused with a sentence, and others are not', async (other, why) => {
  const journal = await twoVms();
  journal.change = (vm, placed) =>
    vm === 'vm-1' && 'record' in placed
      ? { ...placed, record: { ...placed.record, ...other } }
      : placed;
  const app = await start(journal);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(2);
  for (const path of ['/v1/vms/vm-1', '/v1/vms/vm-1/events']) {
    const { status, json } = await ask(app, 'GET', path);
    expect([status, json.code, json.detail]).toEqual([
      503,
      'journal-failed',
      `Cannot make VM "vm-1" again: ${why}; the version of mmulab that wrote it reads it`,
    ]);
  }
  expect((await move(app, 'vm-2', '0x3000')).status).toBe(200);
  // Nothing was changed: the version that wrote it still reads it.
  await app.close();
  journal.change = (_, placed) => placed;
  const before = await start(journal);
  expect((await ask(before, 'GET', '/v1/vms/vm-1/vcpus/0')).json.cr3).toBe('0x2000');
});

test('commands that are packed in another form are refused', async () => {
  const journal = await twoVms();
  journal.change = (_, placed) =>
    'record' in placed ? { ...placed, record: { ...placed.record, packing: 9 } } : placed;
  const { json } = await ask(await start(journal), 'GET', '/v1/vms/vm-1');
  expect(json.detail).toBe(
    'Cannot make VM "vm-1" again: its commands are packed in form 9, not 1; the version of mmulab that wrote it reads it',
  );
});

test('a VM that cannot be made again can be deleted', async () => {
  const journal = await twoVms();
  journal.change = (vm, placed) => (vm === 'vm-1' ? null : placed);
  const app = await start(journal);
  expect((await ask(app, 'GET', '/v1/vms/vm-1')).json.detail).toBe(
    'Cannot make VM "vm-1" again: its first record is lost, and there is no checkpoint behind it',
  );
  expect((await ask(app, 'DELETE', '/v1/vms/vm-1')).status).toBe(204);
  expect((await ask(app, 'GET', '/v1/vms')).json.total).toBe(1);
  expect((await journal.list()).map(({ vm }) => vm)).toEqual(['vm-2']);
});

test('numbers that were told before the damage hold no more, in that VM alone', async () => {
  const journal = await twoVms();
  journal.change = (vm, placed) => (vm === 'vm-1' && placed.position === 3 ? null : placed);
  const resume = async (app: FastifyInstance, vm: string, epoch: string) => {
    const { status, json } = await ask(app, 'GET', `/v1/vms/${vm}/events?after=3&epoch=${epoch}`);
    return [status, json.epoch, json.detail];
  };
  const refused = [
    410,
    'test.1',
    'Cannot resume from epoch "test": this is epoch "test.1", and the log of the VM was damaged meanwhile',
  ];
  const app = await start(journal);
  expect(await resume(app, 'vm-1', 'test')).toEqual(refused);
  expect(await resume(app, 'vm-1', 'test.1')).toEqual([200, undefined, undefined]);
  expect(await resume(app, 'vm-2', 'test')).toEqual([200, undefined, undefined]);
  await move(app, 'vm-1', '0x3000');
  await app.close();
  journal.change = (_, placed) => placed;
  const again = await start(journal);
  expect(await resume(again, 'vm-1', 'test')).toEqual(refused);
  const headers = { accept: 'text/event-stream', 'last-event-id': 'test:3' };
  const { status } = await ask(again, 'GET', '/v1/vms/vm-1/events', undefined, headers);
  expect(status).toBe(410);
  const address = await again.listen({ port: 0 });
  const path = '/v1/vms/vm-1/events?after=0';
  const followed = await follow(Number(new URL(address).port), path, SSE);
  const [hello] = await followed.arrived(2);
  followed.leave();
  expect([hello?.epoch, followed.ids[1]]).toEqual(['test.1', 'test.1:1']);
});

test('a VM that goes to sleep is kept as it is, so that no command is run again', async () => {
  const journal = new MemoryJournal();
  const limits = { vms: 1, eventLoopDelayMs: 0 };
  const app = await startApp({ epoch: 'test', ids: plainIds, journal, limits });
  await ask(app, 'POST', '/v1/vms', {});
  const commands = Array.from({ length: 100 }, () => ({
    kind: 'mov-cr3',
    vcpu: 0,
    value: '0x1000',
  }));
  await ask(app, 'POST', '/v1/vms/vm-1/commands', commands);
  const before = await ask(app, 'GET', '/v1/vms/vm-1/events');
  expect(await journal.checkpoints('vm-1')).toEqual([]);
  expect((await ask(app, 'POST', '/v1/vms', {})).status).toBe(201);
  const [kept] = await journal.checkpoints('vm-1');
  expect(kept?.position).toBe(await journal.position('vm-1'));
  const after = await ask(app, 'GET', '/v1/vms/vm-1/events');
  expect([after.json, after.headers.etag]).toEqual([before.json, before.headers.etag]);
  expect(await journal.checkpoints('vm-2')).toEqual([]);
});

test('a newest record that is lost costs what it held, and the VM goes on', async () => {
  const journal = await twoVms();
  journal.change = (vm, placed) => (vm === 'vm-1' && placed.position === 3 ? null : placed);
  const app = await start(journal);
  expect((await ask(app, 'GET', '/v1/vms/vm-1/vcpus/0')).json.cr3).toBe('0x1000');
  journal.change = (_, placed) => placed;
  expect((await move(app, 'vm-1', '0x3000')).status).toBe(200);
  await app.close();
  const again = await start(journal);
  expect((await ask(again, 'GET', '/v1/vms/vm-1/vcpus/0')).json.cr3).toBe('0x3000');
});
