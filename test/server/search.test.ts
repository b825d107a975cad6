import { expect, test } from 'vitest';
import { ask, type Frame, startApp } from './start.js';

const RUN = [
  { kind: 'enter', vcpu: 0 },
  { kind: 'mov-cr3', vcpu: 0, value: '0x2001' },
  { kind: 'read', vcpu: 0, gva: '0x400000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000001000' },
];

async function searched() {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', { registers: { cr3: '0x1000', cr4: '0x200a0' } });
  await ask(app, 'POST', '/v1/vms/vm-1/commands', RUN);
  const search = async (query: string) => {
    const { json } = await ask(app, 'GET', `/v1/vms/vm-1/search?${query}`);
    return { ...json, kinds: json.found?.map((r: Frame) => (r.event ?? r.command).kind) };
  };
  return { app, search };
}

test.each([
  ['pgd=0x2001', ['mov-cr3', 'root-missed', 'root-allocated', 'root-synced']],
  ['gva=0x400000&kind=read', ['read']],
  ['gva=0x400000&kind=page-fault', ['page-fault']],
  ['kind=mov-cr3', ['mov-cr3', 'mov-cr3']],
  ['text=CR_Access', ['vm-exit', 'vm-exit']],
  ['pgd=0x2001&kind=vm-exit', []],
])('%s finds %j', async (query, kinds) => {
  const { search } = await searched();
  expect((await search(query)).kinds).toEqual(kinds);
});

test('a search goes on where the one before ended, to the head', async () => {
  const { search } = await searched();
  const whole = await search('kind=mov-cr3');
  expect(whole.next).toBe(whole.head);
  const first = await search('kind=mov-cr3&limit=1');
  const second = await search(`kind=mov-cr3&limit=1&after=${first.next}`);
  expect([...first.found, ...second.found]).toEqual(whole.found);
});

test('a history of more records than one search looks through takes several', async () => {
  const { app, search } = await searched();
  const many = Array.from({ length: 10_000 }, () => ({ kind: 'preempt', vcpu: 0 }));
  for (let i = 0; i < 4; i += 1) await ask(app, 'POST', '/v1/vms/vm-1/commands', many);
  const first = await search('kind=write');
  expect([first.found, first.next]).toEqual([[], 32_768]);
  const last = await search(`kind=write&after=${first.next}`);
  expect([last.found, last.next]).toEqual([[], first.head]);
});
