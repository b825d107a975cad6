import { expect, test } from 'vitest';
import { EXTRA_NAMES } from '../../src/lab/index.js';
import { EXTRAS, explorationOf, type Look, withLook } from '../../web/model/exploration.js';

test('the form has every event that can be added', () => {
  expect(Object.keys(EXTRAS)).toEqual(EXTRA_NAMES);
});

test('a form becomes an order', () => {
  const form = new FormData();
  const fields = { policy: 'need-sync', slots: '2', spaces: '3', vcpus: '1', invlpg: 'on' };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('depth', '7');
  form.set('memoryMib', '16');
  expect(explorationOf(form)).toEqual({
    machine: {
      ...{ kind: 'bounded', policy: 'need-sync', slots: 2, spaces: 3, vcpus: 1 },
      also: ['invlpg'],
    },
    ...{ depth: 7, memoryMib: 16 },
  });
});

test('looks at a frontier rise, and are thinned where they are many', () => {
  const first = withLook([], { done: 0, total: 10 });
  expect(first).toEqual([{ tried: 0, left: 10 }]);
  expect(withLook(first, { done: 0, total: 20 })).toBe(first);
  expect(withLook(first, { done: 5, total: null })).toBe(first);
  let looks: readonly Look[] = [];
  for (let done = 0; done <= 240; done += 1) looks = withLook(looks, { done, total: 300 });
  expect(looks).toHaveLength(121);
  expect([looks[0], looks.at(-1)]).toEqual([
    { tried: 0, left: 300 },
    { tried: 240, left: 60 },
  ]);
});
