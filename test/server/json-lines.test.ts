import fc from 'fast-check';
import { expect, test } from 'vitest';
import { objectsOf } from '../../src/server/wire/json-lines.js';

test('objects, one a line', () => {
  expect(objectsOf(['{"a":1}', '{"b":"},{"}', '{}'])).toEqual([{ a: 1 }, { b: '},{' }, {}]);
  expect(objectsOf([])).toEqual([]);
});

test.each([
  ['a blank line', ['{}', '']],
  ['a carriage return', ['{}\r']],
  ['no object', ['1']],
  ['a list', ['{"a":[]}']],
  ['two in a line', ['{},{}']],
  ['an unfinished one', ['{"a":1', '}']],
  ['two in a line, and a string over two', ['{},{}', '{"a":"}', '{"}']],
  ['two in a line, and an object over two', ['{},{}', '{"a":{}', '{}}']],
  ['two in a line, and a list over two', ['{},{}', '{"a":[{}', '{}]}']],
  ['two in a line, and a key over two', ['{},{}', '{"a}', '{":1}']],
])('%s is left to a look at each line', (_what, lines) => {
  expect(objectsOf(lines)).toBe(null);
});

/** Pieces that can make, break, split and join objects. */
const PIECES = ['{', '}', '{"a":', '"', ',', ':', '[', ']', '1', '{}', '"}', '{"', '\\', ' '];

test('it never reads lines together that cannot be read alone', () => {
  const line = fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((of) => of.join(''));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
      const together = objectsOf(lines);
      if (together !== null) expect(together).toEqual(lines.map((text) => JSON.parse(text)));
    }),
    { numRuns: 20_000, seed: 1 },
  );
});
