import { expect, test } from 'vitest';
import { createChance } from '../../src/lab/workloads/chance.js';
import { createVm } from '../../src/mmu/index.js';
import { writeWord } from '../../src/mmu/machine/index.js';
import type { WatchedVm } from '../../src/mmu/oracle/index.js';
import { deleteOldest } from '../../src/mmu/oracle/oldest.js';
import { keepPast, PAST_VALUES_MAX, watchTable } from '../../src/mmu/oracle/past.js';
import { VmConfig } from '../../src/mmu/schema/index.js';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

test.each(SEEDS)('the oldest key goes, whatever was deleted before, with seed %i', (seed) => {
  const chance = createChance(seed);
  const [map, plain] = [new Map<number, number>(), new Map<number, number>()];
  for (let turn = 0; turn < 20_000; turn += 1) {
    const key = chance.below(100);
    map.delete(key);
    plain.delete(key);
    if (plain.size >= 40) {
      plain.delete(plain.keys().next().value as number);
      deleteOldest(map);
    }
    map.set(key, turn);
    plain.set(key, turn);
    if (chance.below(1000) === 0) {
      map.clear();
      plain.clear();
    }
    expect([...map]).toEqual([...plain]);
  }
});

test('nothing goes from an empty map, and its next key can go', () => {
  const map = new Map<number, number>();
  deleteOldest(map);
  map.set(1, 1);
  deleteOldest(map);
  expect(map.size).toBe(0);
});

/** The past of one entry, after writes of a few values or of many. */
test.each(SEEDS)(
  'a merge of the newest value alone keeps what a whole merge does, seed %i',
  (seed) => {
    const [fast, whole] = [watched(), watched()];
    const chance = createChance(seed);
    for (let turn = 0; turn < 2000; turn += 1) {
      const value = chance.below(seed % 2 === 0 ? PAST_VALUES_MAX + 8 : PAST_VALUES_MAX - 4);
      for (const vm of [fast, whole]) {
        const word = vm.oracle.past.get(TABLE);
        if (vm === whole && word !== undefined) word.areDistinct = false;
        keepPast(vm, { gpa: TABLE, bytes: 8 });
        writeWord(vm.memory, TABLE, { page: value, low: 7 });
      }
      const [kept, wanted] = [fast, whole].map(({ oracle }) => ({
        ...{ values: oracle.past.get(TABLE)?.values, pastCount: oracle.pastCount },
        forgotten: oracle.past.get(TABLE)?.forgotten,
      }));
      expect(kept).toEqual(wanted);
    }
  },
);

const TABLE = 0x5000;

function watched(): WatchedVm {
  const vm = createVm(VmConfig.parse({ oracle: 'on' })) as WatchedVm;
  watchTable(vm.oracle, TABLE / 4096);
  return vm;
}
