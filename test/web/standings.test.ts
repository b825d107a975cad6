import { expect, test } from 'vitest';
import { z } from 'zod';
import { createRace, RaceResult, resultOf, runCommand, workloadOf } from '../../src/lab/index.js';
import type { PolicyName } from '../../src/mmu/index.js';
import type { WireRace } from '../../web/api/wire.js';
import { curvesOver } from '../../web/model/cost-curves.js';
import { differenceOf, percentOf, standingsOf } from '../../web/model/standings.js';
import { atDesk } from '../engine/at-desk.js';

const ask = atDesk();
const POLICIES: readonly PolicyName[] = [
  'mainline',
  'need-sync',
  'unsync-roots',
  'cached-roots',
  'never-cache',
];
const CHEAP_FIRST = { by: 'cost', isDown: false };

function raceOf(commands: number): WireRace {
  const workload = workloadOf('kpti');
  const lanes = POLICIES.map((policy) => ({ policy, prevRoots: 3, kernel: '6.1' }) as const);
  const race = createRace({ config: workload.configOf({}), lanes });
  for (const command of workload.commandsOf({ commands }, 1)) runCommand(race, command);
  const source = { kind: 'commands', name: 'kpti' } as const;
  return z.encode(RaceResult, { ...resultOf(race, { source, version: 'test' }) });
}

async function weighedOf(race: WireRace, baseline: number, prices = race.prices.cycles) {
  const lanes = race.lanes.map(({ counters }) => counters);
  return ask('weigh', { lanes, baseline, prices: { base: null, prices } });
}

test('a race that is weighed again against its own baseline says what it said', async () => {
  const race = raceOf(400);
  const weighed = await weighedOf(race, 0);
  expect(race.baseline).toBe('mainline');
  expect(weighed.map(({ cost, comparison }) => ({ cost, comparison }))).toEqual(
    race.lanes.map(({ cost, comparison }) => ({ cost, comparison })),
  );
});

test('a race is weighed against any of its lanes, by any list', async () => {
  const race = raceOf(400);
  const against = await weighedOf(race, 4);
  expect(against[4]?.comparison.standing).toBe('same');
  expect(against[0]?.comparison.standing).toBe('cheaper');
  const lanes = race.lanes.map(({ counters }) => counters);
  const free = { value: 0, low: 0, high: 0 };
  const prices = { ...Object.fromEntries(Object.keys(race.prices.cycles).map((p) => [p, free])) };
  const exits = { ...prices, exit: { value: 1, low: 1, high: 1 } };
  const byExits = await ask('weigh', { lanes, baseline: 0, prices: { base: null, prices: exits } });
  expect(byExits.map(({ cost }) => cost.total)).toEqual(lanes.map(({ exits: count }) => count));
});

test('a list without a price that nobody else has is refused', async () => {
  const lanes = [raceOf(10).lanes[0]?.counters].flatMap((one) => one ?? []);
  const prices = { base: null, prices: {} };
  await expect(ask('weigh', { lanes, baseline: 0, prices })).rejects.toThrow(
    /^Cannot weigh: the list lacks hit, miss, /,
  );
  await expect(
    ask('weigh', { lanes, baseline: 1, prices: { base: 'xeon-8269cy-4.19', prices: {} } }),
  ).rejects.toThrow('Cannot weigh against lane 1: there are 1');
});

test('lanes that no figure tells apart are one row, and rows are sorted by any column', async () => {
  const race = raceOf(400);
  const weighed = await weighedOf(race, 0);
  const rows = (order: { by: string; isDown: boolean }) =>
    standingsOf(race.lanes, weighed, 0, order).map(({ names }) => names.join(' = '));
  const cheapFirst = rows(CHEAP_FIRST);
  expect(cheapFirst.at(-1)).toBe('never-cache');
  expect(cheapFirst.flatMap((names) => names.split(' = ')).sort()).toEqual([...POLICIES].sort());
  expect(rows({ by: 'cost', isDown: true })[0]).toBe('never-cache');
  expect(rows({ by: 'miss', isDown: true })[0]).toBe('never-cache');
  expect(rows({ by: 'nothing', isDown: false })).toEqual(cheapFirst);
});

test('curves of a race are those of its rows, beyond the baseline', async () => {
  const race = raceOf(400);
  const standings = standingsOf(race.lanes, await weighedOf(race, 0), 0, CHEAP_FIRST);
  const { at, curves } = curvesOver(race, standings, 0);
  expect([at[0], at.at(-1)]).toEqual([0, 400]);
  expect(new Set(at).size).toBe(at.length);
  expect(curves.map(({ name }) => name)).toEqual(
    standings.filter(({ isBaseline }) => !isBaseline).map(({ names }) => names.join(' = ')),
  );
  const [last] = curves.slice(-1);
  const [mainline, never] = [race.lanes[0], race.lanes[4]].map((lane) => lane?.cost.total ?? 0);
  expect(last?.values.at(-1)).toBe((never ?? 0) - (mainline ?? 0));
});

test('a saving is a negative difference, with one decimal and a sign', async () => {
  const [, lane] = await weighedOf(raceOf(400), 4);
  if (lane === undefined) throw new Error('no lane');
  const { low, value, high } = differenceOf(lane);
  expect(low <= value && value <= high && high < 0).toBe(true);
  expect([-0.0712, 0.0712, 0, 0.0004, -0.00001].map(percentOf)).toEqual([
    ...['\u22127.1', '+7.1', '0', '+0.04', '0'],
  ]);
});
