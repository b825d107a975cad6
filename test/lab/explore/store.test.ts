import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Family } from '../../../src/lab/explore/family.js';
import { Blocks } from '../../../src/lab/explore/store/blocks.js';
import { Pairs } from '../../../src/lab/explore/store/pairs.js';

const uint32 = fc.nat(2 ** 32 - 1);

test('a pair has one name, and a name one pair', () => {
  const isKept = fc.property(fc.array(fc.tuple(uint32, fc.nat(3)), { maxLength: 3000 }), (list) => {
    const pairs = new Pairs();
    const names = list.map(([left, right]) => pairs.intern(left, right));
    for (const [i, [left, right]] of list.entries()) {
      const name = names[i] as number;
      expect([pairs.left(name), pairs.right(name)]).toEqual([left, right]);
      expect(pairs.intern(left, right)).toBe(name);
    }
    expect(pairs.count).toBe(new Set(list.map(String)).size);
  });
  fc.assert(isKept, { numRuns: 30, seed: 1 });
});

test('a block has one name, and a name one block', () => {
  const block = fc.uint8Array({ maxLength: 4, max: 2 });
  const isKept = fc.property(fc.array(block, { maxLength: 400 }), (list) => {
    const blocks = new Blocks();
    const names = list.map((bytes) => blocks.intern(bytes));
    for (const [i, bytes] of list.entries()) {
      expect([...blocks.get(names[i] as number)]).toEqual([...bytes]);
      expect(blocks.intern(bytes)).toBe(names[i]);
    }
    expect(blocks.count).toBe(new Set(list.map(String)).size);
  });
  fc.assert(isKept, { numRuns: 30, seed: 1 });
});

test('a family knows every parent', () => {
  const isKnown = fc.property(fc.array(fc.nat(3), { maxLength: 200 }), (children) => {
    const family = new Family();
    const parents: (number | null)[] = [null];
    for (const [parent, count] of children.entries()) {
      for (let i = 0; i < count; i += 1) {
        family.addChild();
        parents.push(parent);
      }
      family.closeParent();
    }
    expect(parents.map((_, child) => family.parentOf(child, 1))).toEqual(parents);
  });
  fc.assert(isKnown, { numRuns: 50, seed: 1 });
});
