import { describe, expect, test } from 'vitest';
import { step } from '../../src/mmu/index.js';
import { SLICE_MS, SLICE_STEPS, Turns } from '../../src/server/fleet/turns.js';
import { CountedTurns } from './counted-turns.js';
import { ask, startApp } from './start.js';

const VM = '/v1/vms/vm-1';

/** Turns by hand: a clock that a test moves, and a loop that a test turns. */
function byHand() {
  const clock = { ms: 0 };
  const due: (() => void)[] = [];
  const turns = new Turns({ now: () => clock.ms, later: (callback) => due.push(callback) });
  /** Turns the loop once, and lets what began in the turn go as far as it can. */
  const turn = async () => {
    for (const callback of due.splice(0)) callback();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, turns, turn };
}

describe('turns', () => {
  test('a slice is over after its time, for whomever it is', async () => {
    const { clock, turns, turn } = byHand();
    expect(turns.isOver()).toBe(false);
    clock.ms = SLICE_MS - 1;
    expect(turns.isOver()).toBe(false);
    clock.ms = SLICE_MS;
    expect([turns.isOver(), turns.isOver()]).toEqual([true, true]);
    await turn();
    expect(turns.isOver()).toBe(false);
  });

  test('a slice is over after its steps', () => {
    const { turns } = byHand();
    const asked = Array.from({ length: SLICE_STEPS + 1 }, () => turns.isOver());
    expect(asked.indexOf(true)).toBe(SLICE_STEPS);
  });

  test('one slice runs in a turn of the loop, in the order of asking', async () => {
    const { turns, turn } = byHand();
    const ran: string[] = [];
    const work = async (name: string) => {
      for (let slice = 1; slice <= 2; slice += 1) {
        await turns.next();
        ran.push(`${name}${slice}`);
      }
    };
    void work('a');
    void work('b');
    for (const expected of [['a1'], ['a1', 'b1'], ['a1', 'b1', 'a2'], ['a1', 'b1', 'a2', 'b2']]) {
      await turn();
      expect(ran).toEqual(expected);
    }
  });

  test('work that has had no slice yet has every other one', async () => {
    const { turns, turn } = byHand();
    const ran: string[] = [];
    const work = async (name: string, slices: number) => {
      const mine = turns.work();
      for (let slice = 1; slice <= slices; slice += 1) {
        await mine.next();
        ran.push(`${name}${slice}`);
      }
    };
    void work('a', 4);
    void work('b', 2);
    for (let i = 0; i < 3; i += 1) await turn();
    void work('c', 1);
    void work('d', 1);
    for (let i = 0; i < 5; i += 1) await turn();
    expect(ran).toEqual(['a1', 'a2', 'b1', 'a3', 'c1', 'b2', 'd1', 'a4']);
  });
});

/** Requests that run many commands, or make many. */
const DEAR = {
  'a batch': ['POST', `${VM}/commands`, batch(2000)],
  'a batch with its events': ['POST', `${VM}/commands?events=true`, batch(2000)],
  'a dry run': ['POST', `${VM}/commands?dryRun=true`, batch(1000)],
  'an atomic batch': ['POST', `${VM}/commands?atomic=true`, batch(1000)],
  'a workload as a case': ['GET', '/v1/workloads/kpti?commands=2000', undefined],
  'a case that is written': ['GET', `${VM}/case`, undefined],
  'a digest of the past': ['GET', `${VM}/digest?seq=199`, undefined],
} as const;

function batch(count: number): object[] {
  return Array.from({ length: count }, () => ({ kind: 'enter', vcpu: 0 }));
}

describe('no request runs more commands in one turn than a slice has time for', () => {
  test.each(Object.entries(DEAR))('%s', async (_name, [method, url, body]) => {
    let ms = 0;
    let longest = 0;
    let inTurn = 0;
    let total = 0;
    const later = (callback: () => void) =>
      setImmediate(() => {
        inTurn = 0;
        callback();
      });
    const app = await startApp({
      turns: new Turns({ now: () => ms, later }),
      model: {
        // A command takes a millisecond by the clock of the turns.
        step(...args: Parameters<typeof step>) {
          ms += 1;
          inTurn += 1;
          total += 1;
          longest = Math.max(longest, inTurn);
          return step(...args);
        },
      },
    });
    await ask(app, 'POST', '/v1/vms');
    await ask(app, 'POST', `${VM}/commands`, batch(200));
    [longest, inTurn, total] = [0, 0, 0];
    const { status } = await ask(app, method, url, body);
    expect([status, longest <= SLICE_MS, total > 10 * SLICE_MS]).toEqual([200, true, true]);
  });
});

describe('an atomic batch', () => {
  test('lets nobody come between its commands, and serves others', async () => {
    let steps = 0;
    const order: string[] = [];
    const others: Promise<unknown>[] = [];
    const app = await startApp({
      turns: new Turns({ now: () => steps }),
      model: {
        step(...args: Parameters<typeof step>) {
          steps += 1;
          if (steps === 10) {
            for (const vm of ['vm-1', 'vm-2']) {
              const entered = ask(app, 'POST', `/v1/vms/${vm}/vcpus/0/enter`);
              others.push(entered.then(() => order.push(vm)));
            }
          }
          return step(...args);
        },
      },
    });
    await ask(app, 'POST', '/v1/vms');
    await ask(app, 'POST', '/v1/vms');
    const { json } = await ask(app, 'POST', `${VM}/commands?atomic=true`, batch(1000));
    order.push('atomic');
    await Promise.all(others);
    // The answer of the batch is written in turns as well, so the VM is free before it is out.
    expect(order[0]).toBe('vm-2');
    expect(order).toHaveLength(3);
    const seqs = json.results.map(({ seq }: { seq: number }) => seq);
    const { events } = (await ask(app, 'GET', `${VM}/events?kind=command&limit=10000`)).json;
    expect(events.slice(0, 1000).map(({ seq }: { seq: number }) => seq)).toEqual(seqs);
  });

  test('that is refused leaves the VM free, and as it was', async () => {
    const app = await startApp();
    await ask(app, 'POST', '/v1/vms');
    const commands = [...batch(300), { kind: 'vmexit', vcpu: 0 }];
    const refused = await ask(app, 'POST', `${VM}/commands?atomic=true`, commands);
    expect([refused.status, refused.json.index, refused.json.applied]).toEqual([409, 300, 0]);
    expect((await ask(app, 'POST', `${VM}/vcpus/0/enter`)).json.seq).toBe(1);
  });

  test('is tried on a copy that leaves no trace while the VM goes on', async () => {
    const app = await startApp();
    await ask(app, 'POST', '/v1/vms');
    const [dry] = await Promise.all([
      ask(app, 'POST', `${VM}/commands?dryRun=true`, batch(1000)),
      ask(app, 'POST', `${VM}/commands`, batch(1000)),
    ]);
    expect(dry.json.results).toHaveLength(1000);
    const { seq } = (await ask(app, 'GET', VM)).json;
    const [now, then] = [
      await ask(app, 'GET', `${VM}/digest`),
      await ask(app, 'GET', `${VM}/digest?seq=${seq}`),
    ];
    expect(then.json.state).toBe(now.json.state);
    const { json: file } = await ask(app, 'GET', `${VM}/case`);
    expect((await ask(app, 'POST', '/v1/cases', file)).json.met).toBe(true);
  });
});

/** Every page of the 64 MiB that a VM may hold. */
const FILL = { gpa: '0x0', count: 16_384, stride: 4096, first: '0x1', step: '0x1' };
const WORDS = Array.from({ length: 60_000 }, (_, i) => ({
  gpa: `0x${(i * 8).toString(16)}`,
  value: '0x1',
}));
const EXPECT = Array.from({ length: 32 }, () => ({
  kind: 'order',
  of: Array(16).fill({ where: Array(16).fill({ path: '/seq', op: 'ge', value: 1 }) }),
}));

describe('no request does more in one turn than a few pieces of its work', () => {
  // How often each waits for a turn, where a piece takes a fifth of one. The first four have to do
  // with pieces of 256 words, of 64 pages and of 64 shadow pages, the last with bodies. A list of words
  // is parsed, read and written in pieces as well.
  test.each([
    ['creation with 64 MiB', 13, 'POST', '/v1/vms', { memory: { fills: [FILL] } }],
    ['creation with 60,000 words', 342, 'POST', '/v1/vms', { memory: { words: WORDS } }],
    ['reset', 13, 'POST', `${VM}/reset`, {}],
    ['digest', 52, 'GET', `${VM}/digest`, undefined],
    ['verify', 9, 'POST', `${VM}/verify`, { expect: EXPECT }],
    ['a long body that is refused', 2, 'POST', '/v1/vms', { name: 'x'.repeat(70_000) }],
  ] as const)('%s', async (_name, waits, method, url, body) => {
    const turns = new CountedTurns();
    const app = await startApp({ turns });
    await ask(app, 'POST', '/v1/vms', { memory: { fills: [FILL] } });
    turns.waits = 0;
    await ask(app, method, url, body);
    expect(turns.waits).toBe(waits);
  });

  test('a VM that is made has its room, and a VM that is reset its peace, from the beginning', async () => {
    const app = await startApp({ limits: { memoryPages: 20_000 }, turns: new CountedTurns() });
    const create = () => ask(app, 'POST', '/v1/vms', { memory: { fills: [FILL] } });
    const [made, refused] = await Promise.all([create(), create()]);
    expect([made.status, refused.json.code]).toEqual([201, 'memory-limit-reached']);
    const [, entered] = await Promise.all([
      ask(app, 'POST', `${VM}/reset`),
      ask(app, 'POST', `${VM}/vcpus/0/enter`),
    ]);
    // The reset is record 1, and the command comes behind it.
    expect(entered.json.seq).toBe(2);
  });
});
