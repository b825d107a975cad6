import { expect, test } from 'vitest';
import { MUSEUM } from '../../src/lab/index.js';
import { DEFECT_NAMES } from '../../src/mmu/index.js';
import { ask, startApp } from './start.js';

test('every exhibit is listed', async () => {
  const app = await startApp();
  const { status, json } = await ask(app, 'GET', '/v1/museum');
  expect(status).toBe(200);
  expect(json.exhibits.map(({ name }: { name: string }) => name)).toEqual(
    MUSEUM.map(({ name }) => name),
  );
  expect(Object.keys(json.exhibits[0])).toEqual([
    'name',
    'hall',
    'title',
    'source',
    'what',
    'lifetime',
    'where',
    'judge',
  ]);
  // Names of the other halls are no values of `defects`.
  const switched = json.exhibits.filter(({ hall }: { hall: string }) =>
    ['bug', 'mutant'].includes(hall),
  );
  expect(switched.map(({ name }: { name: string }) => name)).toEqual(DEFECT_NAMES);
  const vpid12 = json.exhibits.find(({ name }: { name: string }) => name === 'mainline-vpid12');
  expect(vpid12.lifetime).toEqual({
    first: '5.16',
    last: '7.2',
    lastOf: { '6.1': '6.1.187', '6.12': '6.12.109' },
    repair: '05a0b701d108',
    seenOn: ['6.1.176'],
  });
});

test('a scene shows its violation to whoever plays it, and none without the mistake', async () => {
  const app = await startApp();
  const { json: scene } = await ask(app, 'GET', '/v1/museum/pcid-flush-skips-sync');
  expect(scene.config.defects).toEqual(['pcid-flush-skips-sync']);
  const violations = [];
  for (const config of [scene.config, scene.soundConfig]) {
    const { json: vm } = await ask(app, 'POST', '/v1/vms', config);
    const url = `/v1/vms/${vm.id}/commands?events=true`;
    const { json } = await ask(app, 'POST', url, scene.commands);
    const events = json.results.flatMap((result: { events: unknown[] }) => result.events);
    violations.push(
      events.filter((e: { event: { kind: string } }) => e.event.kind === 'violation'),
    );
  }
  expect(violations.map(({ length }) => length)).toEqual([1, 0]);
});

test('an exhibit that is not there is named', async () => {
  const app = await startApp();
  const { status, json } = await ask(app, 'GET', '/v1/museum/nope');
  expect([status, json.code, json.detail]).toEqual([
    404,
    'exhibit-not-found',
    'Cannot show "nope": no exhibit has that name',
  ]);
});

test('a VM takes defects, and a fork may take others', async () => {
  const app = await startApp();
  const defects = DEFECT_NAMES.slice(0, 2);
  const { json: vm } = await ask(app, 'POST', '/v1/vms', { defects });
  expect(vm.defects).toEqual(defects);
  const { status, json } = await ask(app, 'POST', `/v1/vms/${vm.id}/fork`, { defects: [] });
  const { json: forked } = await ask(app, 'GET', `/v1/vms/${json.id}`);
  expect([status, forked.defects]).toEqual([201, []]);
  for (const wrong of [['nope'], DEFECT_NAMES.slice(0, 17)]) {
    const { json: refused } = await ask(app, 'POST', '/v1/vms', { defects: wrong });
    expect(refused.code).toBe('invalid-request');
  }
});
