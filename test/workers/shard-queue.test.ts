import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type NatsServers, startNats, WHY_NO_NATS } from '../../scripts/nats-server.js';
import type { SweepCell } from '../../src/lab/index.js';
import { finished } from '../../src/mmu/index.js';
import { openShard, type Shard } from '../../src/server/shards/shard.js';
import { runShards, ShardFailed } from '../../src/server/shards/shard-runner.js';
import { ThreadPool } from '../../src/server/shards/thread-pool.js';
import { QueueRunner, ShardQueue, ShardTaker, type TakerLog } from '../../src/workers/index.js';
import { isBuilt, ROOT, start, titleOf } from '../cli/program.js';
import { ask, startApp } from '../server/start.js';

const WORKER = new URL(`file://${ROOT}dist/bin/shard-worker.js`);

const CELL: SweepCell = {
  ...{ workload: 'kpti', seed: 1, kernel: '6.1', prevRoots: 3, commands: 300 },
  policies: ['mainline', 'never-cache'],
};

/** A race that tells of its progress before it ends, so that there is time to lose its worker. */
const SLOW: SweepCell = { ...CELL, workload: 'nested-invept', commands: 6000 };

const NO_LOG: TakerLog = { debug: () => {}, error: () => {} };

const shardOf = (input: SweepCell): Shard<'sweep-race'> => ({ kind: 'sweep-race', input });
const here = (input: SweepCell) => finished(openShard(shardOf(input)).steps);
const never = () => new AbortController().signal;
const ignore = () => {};

/** Signs of life are few here: what is not heard of for half a second is lost. */
async function queueOf(address: string, lostMs = 500): Promise<ShardQueue> {
  const queue = await ShardQueue.open(address, { lostMs });
  onTestFinished(() => queue.close());
  return queue;
}

/** Threads that take from a queue of their own, as those of a worker do. */
async function takerOf(address: string, log = NO_LOG): Promise<ShardTaker> {
  const queue = await queueOf(address);
  const taker = new ShardTaker(queue, new ThreadPool({ worker: WORKER, threads: 1 }), log);
  onTestFinished(() => taker.close());
  return taker;
}

/** Hands shards over, and takes none itself. */
async function handsOver(address: string): Promise<QueueRunner> {
  const nobody = { close: async () => {}, ended: async () => {} } as unknown as ShardTaker;
  const runner = new QueueRunner(await ShardQueue.open(address, { lostMs: 500 }), nobody);
  onTestFinished(() => runner.close());
  return runner;
}

/** @returns Resolves when somebody tells of the progress of a shard. */
async function begunIn(address: string): Promise<() => Promise<void>> {
  const queue = await queueOf(address);
  const begun = new Promise<void>((resolve) => {
    queue.listen((_, { kind }) => {
      if (kind === 'progress') resolve();
    });
  });
  return () => begun;
}

describe.skipIf(!isBuilt || WHY_NO_NATS !== null)(
  titleOf(`shards in a queue${WHY_NO_NATS === null ? '' : ` (${WHY_NO_NATS})`}`),
  () => {
    let nats: NatsServers;

    beforeAll(async () => {
      nats = await startNats(1, 'sync_interval: always');
    });
    afterAll(() => nats?.close());

    test('have the results that they have here, byte for byte, whoever takes them', async () => {
      const address = nats.url('alike');
      const [runner] = [await handsOver(address), await takerOf(address), await takerOf(address)];
      const cells = [1, 2, 3, 4, 5, 6, 7].map((seed) => ({ ...CELL, seed }));
      const rows: unknown[] = [];
      await runShards(runner, cells.map(shardOf), {
        ...{ job: 'job-1', signal: never(), progress: ignore },
        result: (place, row) => {
          rows[place] = row;
        },
        failed: (_, error) => expect(error).toBeUndefined(),
      });
      expect(JSON.stringify(rows)).toBe(JSON.stringify(cells.map(here)));
    });

    test('one that is refused says why, and one that every worker gave back is given up', async () => {
      const address = nats.url('refused');
      const runner = await handsOver(address);
      const queue = await queueOf(address);
      const watch = { name: 'job-1/0', signal: never(), progress: ignore };
      const lost = runner.run(shardOf(CELL), watch).catch((error) => error);
      for (let times = 1; times <= 10; times += 1) {
        const taken = await queue.take();
        expect(taken?.times).toBe(times);
        taken?.giveBack();
      }
      await takerOf(address);
      expect(await lost).toEqual(
        new ShardFailed('Cannot go on: 10 workers gave it back or were lost with it'),
      );
      const second = { ...watch, name: 'job-1/1' };
      const refused = runner.run(shardOf({ ...CELL, policies: [] }), second);
      expect(await refused.catch((error) => error)).toEqual(
        new ShardFailed('Cannot race: no policy is named'),
      );
    });

    test('the shard of a worker that is killed is run by another, with the same result', async () => {
      const address = nats.url('killed');
      const begun = await begunIn(address);
      const { child } = start('worker', '--journal', address, '--shard-threads', '1');
      const runner = await handsOver(address);
      const watch = { name: 'job-1/0', signal: never(), progress: ignore };
      const row = runner.run(shardOf(SLOW), watch);
      await begun();
      child.kill('SIGKILL');
      await once(child, 'exit');
      await takerOf(address);
      expect(JSON.stringify(await row)).toBe(JSON.stringify(here(SLOW)));
    });

    test('a worker that is told to end gives back what it runs', async () => {
      const address = nats.url('ended');
      const begun = await begunIn(address);
      const { child, ended } = start('worker', '--journal', address, '--shard-threads', '1');
      const runner = await handsOver(address);
      const watch = { name: 'job-1/0', signal: never(), progress: ignore };
      const row = runner.run(shardOf(SLOW), watch);
      await begun();
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
      await takerOf(address);
      expect(JSON.stringify(await row)).toBe(JSON.stringify(here(SLOW)));
    });

    test('one that nobody wants any more is given up where it runs', async () => {
      const address = nats.url('cancelled');
      const begun = await begunIn(address);
      let tell: (end: unknown) => void = () => {};
      const given = new Promise((resolve) => {
        tell = resolve;
      });
      const debug = (told: object) => tell(Reflect.get(told, 'end'));
      await takerOf(address, { ...NO_LOG, debug });
      const runner = await handsOver(address);
      const leaving = new AbortController();
      const watch = { name: 'job-1/0', signal: leaving.signal, progress: ignore };
      const run = runner.run(shardOf({ ...SLOW, commands: 10_000_000 }), watch);
      const reason = run.catch((error) => error);
      await begun();
      leaving.abort('enough');
      expect(await reason).toBe('enough');
      expect(await given).toBe('given up');
    });

    test('a sweep over HTTP answers as on one machine', async () => {
      const address = nats.url('sweep');
      await takerOf(address);
      const apps = [await startApp({ shards: await handsOver(address) }), await startApp()];
      const body = {
        workloads: ['kpti', 'asids'],
        policies: ['mainline', 'need-sync'],
        seeds: [1, 2],
        commands: 200,
      };
      const results = await Promise.all(
        apps.map(async (app) => {
          expect((await ask(app, 'POST', '/v1/sweeps', body)).status).toBe(202);
          const wait = { prefer: 'wait=60' };
          return (await ask(app, 'GET', '/v1/jobs/job-1', undefined, wait)).json.result;
        }),
      );
      expect(results[0]?.rows).toHaveLength(4);
      expect(JSON.stringify(results[0])).toBe(JSON.stringify(results[1]));
    });
  },
);

describe.skipIf(!isBuilt)(titleOf('a worker'), () => {
  test('says what it lacks', async () => {
    const { code, stderr } = await start('worker').ended;
    expect([code, stderr]).toEqual([
      2,
      'Cannot work: there is no journal; name that of the servers with --journal\n',
    ]);
    const wrong = await start('worker', '--journal', 'nats:').ended;
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(
      /^Cannot work: VMs cannot be kept in the journal "nats:" \(it is no/,
    );
  });
});
