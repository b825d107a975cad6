import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type NatsServers, startNats, WHY_NO_NATS } from '../../scripts/nats-server.js';
import { isBuilt, ROOT, titleOf } from '../cli/program.js';
import { chanceFrom, killAgainAndAgain, Load } from './load.js';
import { type Server, serve, tell } from './server.js';

/** Kills of a pass: `npm run test:faults` asks for more. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 3);
const SEED = Number(process.env.FAULT_SEED ?? 17);

describe.skipIf(!isBuilt || WHY_NO_NATS !== null)(
  titleOf(`a server that keeps its VMs in NATS${WHY_NO_NATS === null ? '' : ` (${WHY_NO_NATS})`}`),
  () => {
    let nats: NatsServers;

    beforeAll(async () => {
      nats = await startNats(1, 'sync_interval: always');
    });
    afterAll(() => nats?.close());

    const start = async (data: string): Promise<Server> => {
      const server = await serve(data);
      onTestFinished(() => server.kill());
      return server;
    };

    test(`has all that it acknowledged, once, after each of ${ROUNDS} kills`, async () => {
      const data = nats.url('kills');
      expect(await killAgainAndAgain({ rounds: ROUNDS, seed: SEED, data })).toBeGreaterThan(0);
    }, 3_600_000);

    test(`waits for a nats-server that is killed and started again, ${ROUNDS} times`, async () => {
      const own = await startNats(1, 'sync_interval: always');
      onTestFinished(() => own.close());
      const chance = chanceFrom(SEED);
      const load = new Load();
      let server = await start(own.url('outages'));
      await load.begin(server);
      for (let round = 0; round < ROUNDS; round += 1) {
        const outage = async () => {
          await delay(200 * chance());
          await own.servers[0]?.kill();
          await own.servers[0]?.restart();
        };
        await Promise.all([outage(), load.runUntilKilled(server, 300 + 700 * chance())]);
        server = await start(own.url('outages'));
        await load.check(server);
      }
      const acknowledged = load.vms.reduce((sum, vm) => sum + vm.acknowledged.size, 0);
      expect(acknowledged).toBeGreaterThan(0);
    }, 3_600_000);

    test('refuses a journal that another one has', async () => {
      const data = nats.url('refused');
      const { child } = await start(data);
      const args = [`${ROOT}bin/mmulab.js`, 'serve', '--port', '0', '--journal', data];
      const refused = await promisify(execFile)(process.execPath, args).catch((error) => error);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(`is taken: process ${child.pid} on `);
    });

    test('ends when another one took its journal while it hung, and its VMs go on there', async () => {
      const data = nats.url('taken');
      const hung = await start(data);
      const made = await tell(`${hung.url}/v1/vms`, 'POST', {});
      const path = `/v1/vms/${made?.json.id}`;
      const first = await tell(`${hung.url}${path}/vcpus/0/mov-cr3`, 'POST', { value: '0x1000' });
      hung.child.kill('SIGSTOP');
      const next = await start(data);
      const second = await tell(`${next.url}${path}/vcpus/0/mov-cr3`, 'POST', { value: '0x2000' });
      expect(second?.json.seq).toBeGreaterThan(first?.json.seq);
      const ended = once(hung.child, 'exit');
      hung.child.kill('SIGCONT');
      expect(await ended).toEqual([1, null]);
      const after = await tell(`${next.url}${path}`);
      expect([after?.status, after?.json.seq]).toEqual([
        200,
        second?.json.seq + second?.json.events.length,
      ]);
    });

    test('tells what an answer is worth', async () => {
      const { url } = await start(nats.url('worth'));
      expect((await tell(`${url}/readyz`))?.json.kept).toBe(
        'in one nats-server, synced as its nats-server is set up: every 2 min unless sync_interval says otherwise',
      );
    });
  },
);
