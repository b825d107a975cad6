import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type NatsServers, startNats, WHY_NO_NATS } from '../../scripts/nats-server.js';
import { LmdbJournal } from '../../src/journal/lmdb/index.js';
import type { Journal } from '../../src/journal/log/index.js';
import { NatsJournal } from '../../src/journal/nats/index.js';
import { ask, plainIds, startApp } from '../server/start.js';
import { run } from './run.js';

const title = 'tools on a journal in NATS';

describe.skipIf(WHY_NO_NATS !== null)(
  WHY_NO_NATS === null ? title : `${title} (${WHY_NO_NATS})`,
  () => {
    let nats: NatsServers;

    beforeAll(async () => {
      nats = await startNats(1, 'sync_interval: always');
    });
    afterAll(() => nats?.close());

    const tool = (name: string, address: string, ...args: string[]) =>
      run(['journal', name, '--journal', address, ...args]);

    function folder(): string {
      const path = mkdtempSync(join(tmpdir(), 'mmulab-nats-tools-'));
      onTestFinished(() => rmSync(path, { recursive: true, force: true }));
      return path;
    }

    const serve = (journal: Journal) =>
      startApp({ journal, epoch: 'a', ids: plainIds, limits: { eventLoopDelayMs: 0 } });

    async function filled(address: string): Promise<void> {
      const app = await serve(await NatsJournal.open(address));
      for (const name of ['one', 'two']) await ask(app, 'POST', '/v1/vms', { name });
      for (const value of ['0x11111000', '0x22222000']) {
        await ask(app, 'POST', '/v1/vms/vm-2/vcpus/0/mov-cr3', { value });
      }
      await app.close();
    }

    /** All that a server tells of its VMs. */
    async function toldOf(journal: Journal): Promise<unknown[]> {
      const app = await serve(journal);
      const told = [(await ask(app, 'GET', '/v1/vms')).json];
      for (const vm of ['vm-1', 'vm-2']) {
        told.push((await ask(app, 'GET', `/v1/vms/${vm}/digest`)).json);
        told.push((await ask(app, 'GET', `/v1/vms/${vm}/events?limit=100`)).json);
      }
      await app.close();
      return told;
    }

    test('it is verified, exported, and taken in by another one and by a folder', async () => {
      const [from, to] = [nats.url('from'), nats.url('to')];
      await filled(from);
      const { code, stdout, stderr } = await tool('verify', from);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(
        /^2 VMs, \d+ records, 0 checkpoints, 0 snapshots, 2 commands run again, 1 value beside them: every VM is whole\n$/,
      );
      const before = await toldOf(await NatsJournal.open(from));
      const file = join(folder(), 'all.ndjson');
      expect(await tool('export', from, file)).toEqual({ code: 0, stdout: '', stderr: '' });
      const takenIn = {
        code: 0,
        stdout: '2 VMs taken in, with the jobs, answers and price lists beside them\n',
        stderr: '',
      };
      expect(await tool('import', to, file)).toEqual(takenIn);
      expect(await toldOf(await NatsJournal.open(to))).toEqual(before);
      const path = folder();
      expect(await run(['journal', 'import', '--data', path, file])).toEqual(takenIn);
      expect(await toldOf(await LmdbJournal.open(path))).toEqual(before);
    });

    test('it is compacted: VMs that are too old go', async () => {
      const address = nats.url('compacted');
      await filled(address);
      const { code, stdout } = await tool('compact', address);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^[\d,]+ bytes before, [\d,]+ after; dropped 0 VMs, 0 checkpoints, 0 jobs, 0 answers\n$/,
      );
    });

    test('one that is not there, or that a server has, is refused', async () => {
      const none = nats.url('none');
      for (const name of ['verify', 'compact']) {
        expect(await tool(name, none)).toEqual({
          code: 2,
          stdout: '',
          stderr: `Cannot ${name}: VMs cannot be kept in the journal "${none}" (there is no journal of that name); name another with --journal, or pass --ephemeral\n`,
        });
      }
      const taken = nats.url('taken');
      const journal = await NatsJournal.open(taken, { onTaken: () => {} });
      onTestFinished(() => journal.close());
      const { code, stderr } = await tool('verify', taken);
      expect(code).toBe(2);
      expect(stderr).toContain(
        `Cannot verify: the journal "${taken}" is taken: process ${process.pid}`,
      );
      const both = await run(['journal', 'verify', '--journal', taken, '--data', 'x']);
      expect(both.stderr).toBe(
        'Cannot verify: --journal says where to keep VMs, and --data says so as well\n',
      );
    });
  },
);
