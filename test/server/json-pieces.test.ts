import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInPieces } from '../../src/server/wire/json-pieces.js';
import { NO_MATCH } from '../../src/server/wire/reader.js';

/** What a text comes to, and in how many pieces. */
function read(text: string, piece?: number): { value: unknown; pieces: number } {
  const steps = parseInPieces(text, piece);
  for (let pieces = 0; ; pieces += 1) {
    const { done, value } = steps.next();
    if (done === true) return { value, pieces };
  }
}

describe('a text that is parsed in pieces', () => {
  test('comes to what it comes to at once, whatever the pieces', () => {
    const json = fc.jsonValue({ maxDepth: 6 }).map((value) => JSON.parse(JSON.stringify(value)));
    const spaces = fc.constantFrom(undefined, 1, '\t', '  ');
    const run = fc.property(
      json,
      spaces,
      fc.integer({ min: 1, max: 40 }),
      (value, space, piece) => {
        const text = JSON.stringify(value, null, space);
        const isDoubtful = /\\u|__proto__|constructor/.test(text);
        expect(read(text, piece).value).toEqual(isDoubtful ? NO_MATCH : value);
      },
    );
    fc.assert(run, { numRuns: 500, seed: 13 });
  });

  test('is not taken where a parser refuses it', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'{}[]",:01 atrue\\n'), maxLength: 24 });
    const run = fc.property(nearly, fc.integer({ min: 1, max: 8 }), (text, piece) => {
      let expected: unknown = NO_MATCH;
      try {
        expected = JSON.parse(text);
      } catch {}
      const { value } = read(text, piece);
      if (value !== NO_MATCH) expect(value).toEqual(expected);
    });
    fc.assert(run, { numRuns: 5000, seed: 13 });
    for (const text of [
      '',
      '[1',
      '[1,]',
      '{"a":1,}',
      '[1] 2',
      '{"a" 1}',
      '"a',
      '{1:2}',
      ']',
      '[,]',
    ]) {
      for (const piece of [1, 2, 100])
        expect([text, read(text, piece).value]).toEqual([text, NO_MATCH]);
    }
  });

  test.each([
    '{"a":1,"a":2}',
    '[{"a":1,"b":{"c":1,"c":1}}]',
    '{"a":{"__proto__":1}}',
    '{"\\u0061":1}',
  ])('is left to others with a key that is doubtful: %s', (text) => {
    for (const piece of [1, 4, 100]) expect(read(text, piece).value).toBe(NO_MATCH);
  });

  test('is left to others if it is nested deep and long', () => {
    expect(read(`${'['.repeat(200_000)}${']'.repeat(200_000)}`).value).toBe(NO_MATCH);
    const nested = (levels: number) => `${'['.repeat(levels)}1,1${']'.repeat(levels)}`;
    expect(read(nested(32), 1).value).toEqual(JSON.parse(nested(32)));
    expect(read(nested(33), 1).value).toBe(NO_MATCH);
  });

  test('is parsed a few thousand characters at a time, wherever its length is', () => {
    const words = Array.from({ length: 2000 }, (_, i) => ({ gpa: `0x${i}000`, value: '0x1' }));
    const long = JSON.stringify(words);
    const pieces = Math.ceil(long.length / (32 * 1024));
    for (const value of [words, { memory: { words } }, [[words]]]) {
      const found = read(JSON.stringify(value));
      expect(found.value).toEqual(value);
      expect(found.pieces).toBe(pieces);
    }
  });

  test('is parsed in pieces though its values are many and tiny', () => {
    const text = `[${'{},'.repeat(100_000)}{}]`;
    expect(read(text).pieces).toBe(Math.ceil(text.length / (32 * 1024)));
  });
});
