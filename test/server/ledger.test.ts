import { expect, test } from 'vitest';
import { ask, startApp } from './start.js';

const NONE = { necessary: 0, harmless: 0, wasted: 0 };

test('the ledger of a VM says what its flushes, syncs and frees were worth', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', { policy: 'mainline', tlb: 'off' });
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', { value: '0x100000' });
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter', {});
  const { status, json } = await ask(app, 'GET', '/v1/vms/vm-1/ledger');
  expect(status).toBe(200);
  const { seq, ...ledger } = json;
  expect(seq).toBeGreaterThan(2);
  const done = { ...NONE, harmless: 2 };
  expect(ledger).toEqual({
    policy: 'mainline',
    total: { flush: done, sync: done, free: NONE },
    vcpus: [{ vcpu: 0, commands: [{ command: 'mov-cr3', flush: done, sync: done, free: NONE }] }],
  });
});

test('a VM without oracle has an empty ledger, and one that is not there none', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', { oracle: 'off' });
  await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/mov-cr3', { value: '0x100000' });
  const { json } = await ask(app, 'GET', '/v1/vms/vm-1/ledger');
  expect(json).toMatchObject({
    total: { flush: NONE, sync: NONE, free: NONE },
    vcpus: [{ vcpu: 0, commands: [] }],
  });
  const missing = await ask(app, 'GET', '/v1/vms/vm-9/ledger');
  expect(missing.status).toBe(404);
  expect(missing.json.code).toBe('vm-not-found');
});
