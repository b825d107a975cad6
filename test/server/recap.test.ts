import { afterEach, expect, test, vi } from 'vitest';
import { BATCH_SIZES, HandSink, handTurned, upTo } from './hand-turned.js';
import { ask, connect, listen } from './start.js';

const ROOM = 2048;

afterEach(() => void vi.useRealTimers());

/** A VM with a reader that rests after its first frame, and one that has read everything. */
async function watchedBy(query: object, limits = {}) {
  const lab = handTurned(limits);
  const entry = await lab.create();
  const slow = lab.follow(entry, { behind: 'state', ...query }, new HandSink(ROOM));
  const quick = lab.follow(entry, query);
  lab.settle();
  slow.isResting = true;
  return { ...lab, entry, slow, quick };
}

test.each(BATCH_SIZES)(
  'a reader without room has a state in place of what it missed (%i)',
  async (size) => {
    const { entry, slow, quick, switches, settle } = await watchedBy(
      {},
      { historyRecordsPerVm: 512 },
    );
    for (let i = 0; i < 3000; i += size) {
      switches(entry, size);
      settle();
    }
    const before = slow.told.length;
    expect(slow.told).toEqual(upTo(before));
    slow.resume();
    settle();
    const { head } = entry.ring;
    const state = slow.frames.at(-1);
    const missed = quick.frames.slice(1 + before);
    const counts: Record<string, number> = {};
    for (const { type, event } of missed) {
      const kind = event?.kind ?? type;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    expect(state).toMatchObject({
      type: 'state',
      vm: entry.id,
      from: before + 1,
      seq: head,
      counts,
      lost: 0,
    });
    expect(state?.vcpus.map(({ vcpu }: { vcpu: number }) => vcpu)).toEqual([0]);
    // From there on it is told everything again.
    switches(entry, 2);
    settle();
    expect(slow.told.slice(before + 1)).toEqual(upTo(entry.ring.head, head + 1));
  },
);

test('only what its filter lets through is counted', async () => {
  const { entry, slow, quick, switches, settle } = await watchedBy({
    kind: ['command', 'root-missed'],
  });
  switches(entry, 2000);
  settle();
  slow.resume();
  settle();
  const { from, counts } = slow.frames.at(-1) ?? {};
  const missed = quick.frames.slice(1).filter(({ seq }) => seq >= from);
  const commands = missed.filter(({ type }) => type === 'command').length;
  expect(counts).toEqual({ command: commands, 'root-missed': missed.length - commands });
});

test('records that nobody kept are lost, and said to be', async () => {
  const { fleet, create, switches, settle, follow } = handTurned({ historyRecordsPerVm: 256 });
  const entry = await create();
  switches(entry, 400);
  const { head, oldest } = entry.ring;
  const late = follow(entry, { behind: 'state', after: 3 });
  settle();
  expect(late.frames).toHaveLength(2);
  const { from, seq, lost, counts } = late.frames[1] ?? {};
  expect([from, seq, lost]).toEqual([4, head, oldest - 4]);
  const counted = Object.values(counts as Record<string, number>).reduce((sum, n) => sum + n, 0);
  expect(counted).toBe(head - oldest + 1);
  fleet.delete(entry.id);
});

test('a reader without room is told the state of a VM that ends', async () => {
  const { fleet, entry, slow, switches, settle } = await watchedBy(
    {},
    { historyRecordsPerVm: 256 },
  );
  switches(entry, 1000);
  settle();
  switches(entry, 1000);
  fleet.delete(entry.id);
  settle();
  const { head } = entry.ring;
  const [state, end] = slow.frames.slice(-2);
  expect([state?.type, state?.seq, end?.type, end?.seq]).toEqual(['state', head, 'end', head]);
  expect(slow.isOpen).toBe(false);
});

test('for a reader without room nothing is written ahead', async () => {
  const { streams, entry, quick, switches, settle } = await watchedBy({});
  quick.terminate();
  switches(entry, 40);
  settle();
  const { frameBytes } = streams;
  switches(entry, 3000);
  settle();
  expect(streams.frameBytes).toBeLessThanOrEqual(frameBytes);
});

test('the query says what a reader wants', async () => {
  const { app, port } = await listen({ limits: { historyRecordsPerVm: 256 } });
  await ask(app, 'POST', '/v1/vms');
  const batch = Array.from({ length: 400 }, (_, i) => {
    return { kind: 'load-root', vcpu: 0, pgd: `0x${1 + (i % 7)}000` };
  });
  await ask(app, 'POST', '/v1/vms/vm-1/commands', batch);
  const { json } = await ask(app, 'GET', '/v1/vms/vm-1/vcpus');
  const client = connect(port, '/v1/vms/vm-1/events?after=3&behind=state');
  const [, state] = await client.arrived(2);
  expect([state?.type, state?.seq, state?.vcpus]).toEqual(['state', json.seq, json.vcpus]);
  const { status } = await ask(app, 'GET', '/v1/vms/vm-1/events?behind=all');
  expect(status).toBe(400);
});

test.each([
  ['state', 100],
  ['gap', 1000],
])('a reader with behind=%s is told of what its filter held back in %i ms', async (behind, ms) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { create, follow, switches, settle } = handTurned();
  const entry = await create();
  const reader = follow(entry, { behind, kind: ['violation'] });
  settle();
  switches(entry, 30);
  settle();
  vi.advanceTimersByTime(ms - 1);
  expect(reader.told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(reader.frames.at(-1)).toEqual({ type: 'through', vm: entry.id, seq: entry.ring.head });
  expect(reader.told).toHaveLength(1);
});
