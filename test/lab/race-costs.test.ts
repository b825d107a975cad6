import { describe, expect, test } from 'vitest';
import {
  createRace,
  DEFAULT_PRICES,
  PRESETS,
  PRICE_NAMES,
  PRICED,
  PriceFile,
  type PriceName,
  priceFileOf,
  priceListOf,
  resultOf,
  runCommand,
} from '../../src/lab/index.js';
import { createCounters, type RaceCounters } from '../../src/lab/race/counters.js';
import { amountsOf, costOf, withChanges } from '../../src/lab/race/prices/index.js';
import { onHypervisor } from '../../src/mmu/scenes/index.js';
import { Command, type CommandInput, RootCause } from '../../src/mmu/schema/index.js';
import { INVALIDATED, lanesFor, PCIDE } from './races.js';

/** What each price is multiplied by, written out from what KVM does: paths of counters. */
const COUNTED: Readonly<Record<PriceName, readonly string[]>> = {
  hit: ['hitsCurrent', 'hitsPrevious.0', 'hitsPrevious.1', 'hitsPrevious.2'],
  miss: ['misses'],
  drop: ['evicted', ...RootCause.options.map((cause) => `freed.${cause}`)],
  mark: RootCause.options.map((cause) => `marked.${cause}`),
  loadExisting: ['loads.existing'],
  loadNew: ['loads.new'],
  loadSpecial: ['loads.special'],
  syncNoOp: ['syncs.noOp', 'syncs.nothing'],
  syncWalk: ['syncs.walks'],
  syncLeaf: ['syncs.leaves'],
  flushOne: ['flushes.current', 'flushes.load', 'flushes.guest', 'flushes.context'],
  flushAll: ['flushes.all'],
  flushAddress: ['flushes.address'],
  walk: ['walks'],
  pageFault: ['pageFaults'],
  pageAllocated: ['pagesAllocated'],
  pageZapped: ['pagesZapped'],
  mmuLock: ['mmuLock'],
  exit: ['exits'],
  cr3Exit: ['cr3Exits.hit', 'cr3Exits.miss', 'cr3Exits.other'],
  nestedExit: ['reflected'],
  guestCr3: ['cr3Loads'],
  kick: ['kicks'],
};

/** Counters that no price is for, and why. */
const UNPRICED: Readonly<Record<string, string>> = {
  commands: 'no work of KVM',
  refused: 'no work of KVM',
  'cr3Exits.served.0': 'some of the hits, which are priced',
  'cr3Exits.served.1': 'some of those',
  'cr3Exits.served.2': 'some of those',
  'cr3Exits.served.3': 'some of those',
  'cr3Exits.held': 'some of those',
  policyFrees: 'what frees came to, which are priced',
  'syncs.requested': 'a bit that is set',
  'syncs.serviced': 'the sum of effective, noOp and nothing',
  'syncs.effective': 'some of the walks, which are priced',
  'syncs.wasted': 'some of those',
  'syncs.byLoad': 'its leaves are priced, and the load that it ends',
  'syncs.direct': 'its leaves are priced, and the flush that it is part of',
  'syncs.stale': 'some of those',
  'flushes.cpu': 'the processor alone does it',
  'flushes.stat': 'a sum of flushes that are priced',
  requests: 'bits that are set',
  broadcasts: 'the exits and kicks that they bring are priced',
  pinned: 'memory, and no time',
  accesses: 'what the guest does',
  violations: 'a judgement',
  undecided: 'a judgement',
};

/** Every counter of a race, by its path; a ledger is a judgement as well. */
function pathsOf(counters: object, prefix = ''): string[] {
  return Object.entries(counters).flatMap(([key, value]) => {
    if (typeof value === 'number') return [`${prefix}${key}`];
    return value === null ? [] : pathsOf(value, `${prefix}${key}.`);
  });
}

/** Counters that are zero but for one of them. */
function countersWith(path: string, count: number): RaceCounters {
  const counters = createCounters(3);
  const keys = path.split('.');
  const last = keys.pop() as string;
  const holder = keys.reduce<object>((part, key) => part[key as keyof typeof part], counters);
  Object.assign(holder, { [last]: count });
  return counters;
}

describe('a price', () => {
  const paths = pathsOf(createCounters(3));
  const zero = Object.fromEntries(PRICE_NAMES.map((name) => [name, 0]));

  test.each(PRICE_NAMES)('%s moves the total by exactly its count', (name) => {
    const { part } = PRICED[name];
    const list = withChanges(DEFAULT_PRICES, { ...zero, [name]: 3 });
    for (const path of paths) {
      const { total, parts } = costOf(amountsOf(countersWith(path, 7)), list);
      const spent = COUNTED[name].includes(path) ? 21 : 0;
      expect({ path, total, part: parts[part] }).toEqual({ path, total: spent, part: spent });
    }
  });

  test('is there for every counter of work, and for each but once', () => {
    const priced = Object.values(COUNTED).flat();
    const isUnpriced = (path: string) =>
      path in UNPRICED || (path.split('.')[0] as string) in UNPRICED;
    expect(priced.concat(paths.filter(isUnpriced)).sort()).toEqual([...paths].sort());
  });
});

describe.each(Object.values(PRESETS))('the prices of $name', (list) => {
  /** What one switch costs, by what it takes: the kernel reference, 20.5. */
  const price = (counts: Partial<Record<PriceName, number>>) =>
    PRICE_NAMES.reduce((sum, name) => sum + list.prices[name].value * (counts[name] ?? 0), 0);
  const load = { miss: 1, mmuLock: 2, drop: 1, flushOne: 1 };

  test('keep the order that the code gives', () => {
    const inOrder = [
      price({ hit: 1 }),
      price({ hit: 1, flushOne: 1 }),
      price({ hit: 1, flushOne: 1, syncNoOp: 1 }),
      price({ hit: 1, flushOne: 1, syncWalk: 1, syncLeaf: 1, mmuLock: 1 }),
      price({ ...load, loadExisting: 1, syncWalk: 1, syncLeaf: 1 }),
      price({
        ...load,
        loadNew: 1,
        syncWalk: 1,
        syncLeaf: 1,
        pageAllocated: 1,
        pageFault: 1,
        exit: 1,
      }),
      price({ kick: 4, exit: 4, loadExisting: 4, drop: 4, flushOne: 4, mmuLock: 8 }),
    ];
    expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
    expect(new Set(inOrder).size).toBe(inOrder.length);
  });

  test('has a range around each, and a source', () => {
    expect(priceListOf(PriceFile.parse(priceFileOf(list)))).toEqual(list);
  });
});

describe('each INVVPID of L1', () => {
  const { config, stage } = onHypervisor([], { config: { kernel: '6.1' } });
  const free = Object.fromEntries(PRICE_NAMES.map((name) => [name, 0]));

  /** The cost of the commands of the stage and these, where flushes and exits alone have a price. */
  function totalOf(...commands: readonly CommandInput[]): number {
    const costs = { ...free, flushOne: 100, flushAll: 10_000, flushAddress: 1_000_000, exit: 1 };
    const race = createRace({ config, lanes: lanesFor(['mainline']), costs });
    for (const command of [...stage, ...commands]) runCommand(race, Command.parse(command));
    const source = { kind: 'commands', name: 'a list' } as const;
    return resultOf(race, { source, version: 'test' }).lanes[0]?.cost.total ?? Number.NaN;
  }

  test.each([
    ['an address', 0, 1_000_001],
    ['a context', 1, 101],
    ['all contexts', 2, 101],
    ['a context but for global pages', 3, 101],
  ] as const)('costs an exit and one flush: %s', (_what, type, cost) => {
    const invvpid = { kind: 'invvpid', vcpu: 0, type, vpid: 1, gva: '0x400000' } as const;
    expect(totalOf(invvpid) - totalOf()).toBe(cost);
    expect(totalOf(invvpid, invvpid) - totalOf()).toBe(2 * cost);
  });

  test('that fails costs the exit alone', () => {
    const invvpid = { kind: 'invvpid', vcpu: 0, type: 4, vpid: 1, gva: '0x0' } as const;
    expect(totalOf(invvpid) - totalOf()).toBe(1);
  });
});

describe('a race', () => {
  test('prices every lane alike, and takes other prices', () => {
    const free = Object.fromEntries(PRICE_NAMES.map((name) => [name, 0]));
    const lanes = lanesFor(['mainline', 'need-sync']);
    const race = createRace({ config: PCIDE, lanes, costs: { ...free, loadExisting: 7, mark: 2 } });
    for (const command of INVALIDATED) runCommand(race, Command.parse(command));
    const source = { kind: 'commands', name: 'a list' } as const;
    const { lanes: ran, verdict } = resultOf(race, { source, version: 'test' });
    expect(ran.map(({ cost }) => [cost.total, cost.parts.load, cost.parts.switch])).toEqual([
      [7, 7, 0],
      [2, 0, 2],
    ]);
    expect(verdict).toContain('--cost mark=2');
  });
});
