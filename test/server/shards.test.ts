import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { commandsOf, MUSEUM, type SweepCell } from '../../src/lab/index.js';
import { finished } from '../../src/mmu/index.js';
import { openShard, type Shard } from '../../src/server/shards/shard.js';
import { runShards, ShardFailed } from '../../src/server/shards/shard-runner.js';
import { ThreadPool, type ThreadPoolOptions } from '../../src/server/shards/thread-pool.js';
import { isBuilt, ROOT, titleOf } from '../cli/program.js';
import { ask, type Frame, startApp } from './start.js';

const WORKER = new URL(`file://${ROOT}dist/bin/shard-worker.js`);

const CELL: SweepCell = {
  ...{ workload: 'kpti', seed: 1, kernel: '6.1', prevRoots: 3, commands: 300 },
  policies: ['mainline', 'never-cache'],
};

/** A race that takes minutes, so that it is always under way when a test gives it up. */
const LONG: SweepCell = { ...CELL, workload: 'nested-invept', commands: 10_000_000 };

/** A race that is refused. */
const REFUSED: SweepCell = { ...CELL, policies: [] };

function shardOf(input: SweepCell): Shard<'sweep-race'> {
  return { kind: 'sweep-race', input };
}

function poolOf(threads: number, more: Partial<ThreadPoolOptions> = {}): ThreadPool {
  const pool = new ThreadPool({ worker: WORKER, threads, ...more });
  onTestFinished(() => pool.close());
  return pool;
}

const never = () => new AbortController().signal;
const ignore = () => {};
const name = 'job-1/0';

/** Niceness of every thread of this process. @see Linux man page proc_pid_stat(5), field 19 */
function nicenesses(): number[] {
  return readdirSync('/proc/self/task').map((task) => {
    const stat = readFileSync(`/proc/self/task/${task}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

/** Waits for a promise to be rejected. @returns With what. */
function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no reason: it was fulfilled',
    (error: unknown) => error,
  );
}

/** The result that a shard has here. */
function here(input: SweepCell) {
  const { steps } = openShard(shardOf(input));
  return finished(steps);
}

describe.skipIf(!isBuilt)(titleOf('shards on threads'), () => {
  test('have the results that they have here, byte for byte', async () => {
    const cells = [1, 2, 3, 4, 5].map((seed) => ({ ...CELL, seed }));
    const rows: unknown[] = [];
    await runShards(poolOf(2), cells.map(shardOf), {
      ...{ job: 'job-1', signal: never(), progress: ignore },
      result: (place, row) => {
        rows[place] = row;
      },
      failed: (_, error) => expect(error).toBeUndefined(),
    });
    expect(JSON.stringify(rows)).toBe(JSON.stringify(cells.map(here)));
  });

  test('one that is refused says why, and the others go on', async () => {
    const ended: unknown[] = [];
    await runShards(poolOf(1), [CELL, REFUSED, { ...CELL, seed: 2 }].map(shardOf), {
      ...{ job: 'job-1', signal: never(), progress: ignore },
      result: (place) => void ended.push(place),
      failed: (place, error) => void ended.push([place, error]),
    });
    expect(ended).toEqual([0, [1, new ShardFailed('Cannot race: no policy is named')], 2]);
  });

  test('one that is given up ends at once, whether it runs or waits', async () => {
    const pool = poolOf(1);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const begun = new Promise<void>((resolve) => {
      const watch = { name, signal: running.signal, progress: () => resolve() };
      void reasonOf(pool.run(shardOf(LONG), watch)).then((reason) => reasons.push(reason));
    });
    const reasons: unknown[] = [];
    const second = reasonOf(
      pool.run(shardOf(LONG), { name, signal: waiting.signal, progress: ignore }),
    );
    const third = pool.run(shardOf(CELL), { name, signal: never(), progress: ignore });
    await begun;
    waiting.abort('the second');
    expect(await second).toBe('the second');
    running.abort('the first');
    expect(JSON.stringify(await third)).toBe(JSON.stringify(here(CELL)));
    expect(reasons).toEqual(['the first']);
    // A signal that has fired starts nothing.
    const late = pool.run(shardOf(LONG), { name, signal: running.signal, progress: ignore });
    expect(await reasonOf(late)).toBe('the first');
  });

  test('a thread that has become large ends with its shard, and a small one takes the next', async () => {
    let started = 0;
    const count = () => {
      started += 1;
    };
    subscribe('worker_threads', count);
    onTestFinished(() => void unsubscribe('worker_threads', count));
    const watch = { name, signal: never(), progress: ignore };
    for (const [keptMib, threads] of [
      [1, 3],
      [1024, 1],
    ] as const) {
      started = 0;
      const pool = poolOf(1, { keptMib });
      for (let i = 0; i < 3; i += 1) await pool.run(shardOf(CELL), watch);
      expect([keptMib, started]).toEqual([keptMib, threads]);
    }
  });

  test.skipIf(process.platform !== 'linux')('threads are as nice as they are told', async () => {
    const watch = { name, signal: never(), progress: ignore };
    await poolOf(1).run(shardOf(CELL), watch);
    expect(nicenesses()).not.toContain(7);
    await poolOf(1, { niceness: 7 }).run(shardOf(CELL), watch);
    expect(nicenesses()).toContain(7);
  });

  test('a thread without memory fails its shard, and a closed pool what is left', async () => {
    const watch = { name, signal: never(), progress: ignore };
    const small = reasonOf(poolOf(1, { heapMib: 4 }).run(shardOf(LONG), watch));
    expect(await small).toMatchObject({ name: 'ShardFailed', isTooBig: true });
    const pool = poolOf(1);
    const both = [1, 2].map(() => reasonOf(pool.run(shardOf(LONG), watch)));
    await pool.close();
    const closed = new ShardFailed('Cannot go on: the threads are closed');
    expect(await Promise.all(both)).toEqual([closed, closed]);
  });
});

const SWEEP = {
  workloads: ['kpti', 'nested-invept', 'unmap'],
  policies: ['mainline', 'cached-roots', 'never-cache'],
  seeds: [1, 2, 3],
  commands: 400,
};

function post(app: FastifyInstance, body: object) {
  return ask(app, 'POST', '/v1/sweeps', JSON.stringify(body), {
    'content-type': 'application/json',
  });
}

async function ended(app: FastifyInstance, id: string): Promise<Frame> {
  return (await ask(app, 'GET', `/v1/jobs/${id}`, undefined, { prefer: 'wait=60' })).json;
}

describe.skipIf(!isBuilt)(titleOf('a sweep over HTTP on threads'), () => {
  test('answers as one in slices does, byte for byte', async () => {
    const [onThreads, inSlices] = [await startApp({ shards: poolOf(2) }), await startApp()];
    await post(onThreads, SWEEP);
    await post(inSlices, SWEEP);
    const [one, other] = [await ended(onThreads, 'job-1'), await ended(inSlices, 'job-1')];
    expect([one.state, one.progress]).toEqual(['done', { done: 3600, total: 3600, leftMs: null }]);
    expect(JSON.stringify(one.result)).toBe(JSON.stringify(other.result));
  });

  test('is cancelled while it runs, and makes room for the next', async () => {
    const app = await startApp({
      shards: poolOf(1),
      limits: { jobsRunning: 1 },
    });
    await post(app, { ...SWEEP, workloads: ['nested-invept'], seeds: [1], commands: 1_000_000 });
    await post(app, SWEEP);
    expect((await ask(app, 'GET', '/v1/jobs/job-2')).json.state).toBe('queued');
    expect((await ask(app, 'DELETE', '/v1/jobs/job-1')).status).toBe(204);
    expect((await ended(app, 'job-2')).state).toBe('done');
  });

  test('fails where its machines take more memory than jobs may', async () => {
    const app = await startApp({ shards: poolOf(2), limits: { jobPages: 1 } });
    await post(app, { ...SWEEP, commands: 5000 });
    const { state, problem } = await ended(app, 'job-1');
    expect([state, problem.code]).toEqual(['failed', 'memory-limit-reached']);
  });
});

/** A list that shows a mistake of the exhibit, and one that shows none. */
function shrinkOf(name: string) {
  const { scene, amiss } = MUSEUM.find((one) => one.name === name) as (typeof MUSEUM)[number];
  const config = { ...scene.config, ...amiss };
  return { source: { kind: 'commands', config, commands: commandsOf(scene) } };
}

const NO_MISTAKE = { source: { kind: 'commands', commands: [{ kind: 'enter', vcpu: 0 }] } };

describe.skipIf(!isBuilt)(titleOf('shrinking over HTTP on threads'), () => {
  test('answers as in slices, byte for byte, whether a mistake shows or none', async () => {
    const [onThreads, inSlices] = [await startApp({ shards: poolOf(2) }), await startApp()];
    const [one, other] = await Promise.all(
      [onThreads, inSlices].map(async (app) => {
        for (const body of [shrinkOf('pcide-keeps-roots'), NO_MISTAKE]) {
          expect((await ask(app, 'POST', '/v1/shrinks', body)).status).toBe(202);
        }
        const jobs = [await ended(app, 'job-1'), await ended(app, 'job-2')];
        return jobs.map(({ state, progress, result, problem }) => ({
          ...{ state, progress, result, problem },
        }));
      }),
    );
    expect(one?.map(({ state }) => state)).toEqual(['done', 'failed']);
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    // Not one slice was taken from requests.
    const { payload } = await onThreads.inject('/metrics');
    expect(payload).toContain('mmulab_job_slice_seconds_max 0\n');
  });
});
