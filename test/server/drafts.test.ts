import { expect, test } from 'vitest';
import { step } from '../../src/mmu/index.js';
import type { AppOptions } from '../../src/server/index.js';
import { follow, NDJSON } from './follow.js';
import { ask, listen } from './start.js';

const MOVES = Array.from({ length: 5000 }, (_, i) => ({
  kind: 'mov-cr3',
  vcpu: 0,
  value: `0x${(0x100 + (i % 6)).toString(16)}000`,
}));

/** A server whose first VM has run thousands of commands: a fork that runs them has to let others in. */
async function start(options: AppOptions = {}) {
  const limits = { historyRecordsPerVm: 100_000, ...options.limits };
  const server = await listen({ ...options, limits });
  await ask(server.app, 'POST', '/v1/vms', { tags: { suite: 'a' } });
  await ask(server.app, 'POST', '/v1/vms/vm-1/commands', MOVES);
  return server;
}

/** What is called as a fork has begun to run commands, and not yet ended. */
function inTheMiddle(act: () => void): AppOptions {
  let count = 0;
  return {
    model: {
      step: (vm, command, emit) => {
        if (vm.config.policy === 'need-sync') count += 1;
        if (count === 100) act();
        return step(vm, command, emit);
      },
    },
  };
}

test('a fork that runs the commands itself is there when it has run them, and not before', async () => {
  const probes: ReturnType<typeof ask>[] = [];
  const { app, port } = await start(
    inTheMiddle(() => {
      if (probes.length === 0) probes.push(ask(app, 'GET', '/v1/vms'));
    }),
  );
  const client = await follow(port, '/v1/events', NDJSON);
  await client.arrived(1);
  const forked = await ask(app, 'POST', '/v1/vms/vm-1/fork', { policy: 'need-sync' });
  expect((await probes[0])?.json.total).toBe(1);
  const { status, json } = forked;
  expect([status, json.id, json.replayed]).toEqual([201, 'vm-2', true]);
  // Who follows all VMs is told that it came, with all of it that is to follow, and then all of it.
  const frames = await client.arrived(2 + json.seq);
  expect(frames[1]).toMatchObject({ type: 'life', life: 'created', vm: 'vm-2', head: json.seq });
  expect(frames.slice(2).map(({ vm, seq }) => [vm, seq])).toEqual(
    Array.from({ length: json.seq }, (_, i) => ['vm-2', i + 1]),
  );
});

test('a fork that runs the commands itself has the labels of its origin', async () => {
  const { app } = await start();
  await ask(app, 'POST', '/v1/vms/vm-1/fork', { policy: 'need-sync' });
  expect((await ask(app, 'GET', '/v1/vms/vm-2')).json.tags).toEqual({ suite: 'a' });
});

test('the list stays in order, whatever came while a fork ran its commands', async () => {
  const made: ReturnType<typeof ask>[] = [];
  const { app } = await start(
    inTheMiddle(() => {
      if (made.length === 0) made.push(ask(app, 'POST', '/v1/vms'));
    }),
  );
  await ask(app, 'POST', '/v1/vms/vm-1/fork', { policy: 'need-sync' });
  expect((await made[0])?.json.id).toBe('vm-3');
  const all: string[] = [];
  for (let next: string | null = '0'; next !== null; ) {
    const { json } = await ask(app, 'GET', `/v1/vms?limit=1&cursor=${next}`);
    all.push(...json.vms.map(({ id }: { id: string }) => id));
    next = json.next ?? null;
  }
  expect(all).toEqual(['vm-1', 'vm-3', 'vm-2']);
});

test('a fork that cannot be made gives back its room', async () => {
  const { app } = await start({
    limits: { vms: 2, vmsPerTag: 2 },
    model: {
      step: (vm, command, emit) => {
        if (vm.config.policy === 'need-sync') throw new Error('broken');
        return step(vm, command, emit);
      },
    },
  });
  for (let i = 0; i < 3; i += 1) {
    const { status, json } = await ask(app, 'POST', '/v1/vms/vm-1/fork', { policy: 'need-sync' });
    expect([status, json.code, json.index]).toEqual([409, 'vm-poisoned', 0]);
  }
  expect((await ask(app, 'GET', '/metrics')).json).toContain('mmulab_vms 1\n');
  expect((await ask(app, 'POST', '/v1/vms/vm-1/fork', { policy: 'cached-roots' })).status).toBe(
    201,
  );
});
