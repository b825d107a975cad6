import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Family } from '../../../src/lab/explore/family.js';
import { Blocks } from '../../../src/lab/explore/store/blocks.js';
import { PackedForm } from '../../../src/lab/explore/store/packed-form.js';
import { Pairs } from '../../../src/lab/explore/store/pairs.js';
import { States } from '../../../src/lab/explore/store/states.js';
import { oraclePlace } from '../../../src/mmu/index.js';
import { VmConfig } from '../../../src/mmu/schema/index.js';

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

test('a pair that is replaced by another keeps its name', () => {
  const pairs = new Pairs();
  for (let i = 0; i < 5000; i += 1) pairs.intern(i, 7);
  pairs.replace((left, right) => [right, left]);
  expect(pairs.count).toBe(5000);
  for (let i = 0; i < 5000; i += 1) {
    expect([pairs.find(7, i), pairs.find(i, 7), pairs.left(i)]).toEqual([i, i === 7 ? i : -1, 7]);
  }
});

describe('a packed form', () => {
  test('gives back what fits, and refuses what does not', () => {
    const form = PackedForm.for(Uint32Array.of(0, 5, 2 ** 20, 0, 3, 2 ** 24)) as PackedForm;
    for (const tuple of [
      [0, 5, 2 ** 20, 0, 3, 2 ** 24],
      [0, 1, 2, 0, 3, 2 ** 25 - 1],
    ]) {
      expect(form.put(Uint32Array.from(tuple))).toBe(true);
      expect([...form.get(form.left, form.right)]).toEqual(tuple);
    }
    expect(form.put(Uint32Array.of(1, 0, 0, 0, 0, 0))).toBe(false);
    expect(form.put(Uint32Array.of(0, 0, 2 ** 31, 0, 0, 0))).toBe(false);
  });

  test('is none for names that take more than two words', () => {
    expect(PackedForm.for(Uint32Array.of(2 ** 32 - 1, 2 ** 32 - 1))).not.toBe(null);
    expect(PackedForm.for(Uint32Array.of(2 ** 32 - 1, 2 ** 31, 1))).toBe(null);
  });
});

test('a state keeps its name, however large the names of parts become', () => {
  const config = VmConfig.parse({ vcpus: 2 });
  const oracle = oraclePlace(2);
  const name = fc.oneof(fc.nat(3), fc.nat(300), fc.nat(2 ** 31));
  const tuple = fc.array(name, { minLength: oracle + 2, maxLength: oracle + 2 });
  const isKept = fc.property(fc.array(tuple, { maxLength: 60 }), (list) => {
    const states = new States(config, { symmetric: false });
    const tuples = list.map((names) => {
      const memory = states.parts.internOracle(names.slice(oracle - 1));
      return Uint32Array.from([...names.slice(0, oracle), memory]);
    });
    const named = tuples.map((one) => states.internTuple(one));
    for (const [i, one] of tuples.entries()) {
      expect(states.internTuple(one)).toBe(named[i]);
      expect([...states.tupleOf(named[i] as number)]).toEqual([...one]);
    }
    expect(states.count).toBe(new Set(tuples.map(String)).size);
  });
  fc.assert(isKept, { numRuns: 60, seed: 1 });
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
