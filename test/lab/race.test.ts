import { describe, expect, test } from 'vitest';
import {
  createRace,
  lanesOf,
  type RaceLane,
  RaceRefused,
  RaceResult,
  resultOf,
  WORKLOAD_NAMES,
  writeRaceResult,
} from '../../src/lab/index.js';
import { COST_POINTS_MAX } from '../../src/lab/race/cost-series.js';
import { PARTING_EVENTS_MAX } from '../../src/lab/race/run.js';
import { POLICIES, POLICY_NAMES } from '../../src/mmu/index.js';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import {
  cr3,
  ENTER,
  expectShared,
  expectSums,
  INVALIDATED,
  lanesFor,
  PCIDE,
  raceOf,
  raceOver,
  SOUND,
} from './races.js';

describe('counters', () => {
  test('of a root that mainline drops and the proposals keep', () => {
    const { result } = raceOf(['mainline', 'need-sync'], INVALIDATED, PCIDE);
    const [mainline, needSync] = result.lanes.map(({ counters }) => counters);
    expect(mainline).toMatchObject({
      commands: 6,
      hitsCurrent: 0,
      hitsPrevious: [0, 0, 0],
      misses: 3,
      loads: { new: 3, existing: 1, special: 0 },
      freed: { 'invpcid-single': 1 },
      policyFrees: { needed: 0, needless: 1, gone: 0 },
      syncs: { requested: 0, serviced: 0, byLoad: 4, leaves: 0 },
      flushes: { load: 4, current: 0, stat: 0 },
      mmuLock: 5,
      pinned: { peak: 2, zappedPeak: 0 },
      exits: 4,
    });
    expect(needSync).toMatchObject({
      commands: 6,
      hitsPrevious: [1, 0, 0],
      misses: 2,
      loads: { new: 3, existing: 0, special: 0 },
      marked: { 'invpcid-single': 1 },
      policyFrees: { needed: 0, needless: 0, gone: 0 },
      syncs: { requested: 1, serviced: 1, noOp: 1, effective: 0, nothing: 0, wasted: 0, byLoad: 3 },
      flushes: { load: 3, current: 1, stat: 1 },
      mmuLock: 3,
      exits: 4,
    });
  });

  test('of a sync that is spent on another root', () => {
    const commands: CommandInput[] = [
      ...INVALIDATED.slice(0, 4),
      // Two switches without an entry between them: the request outlives its root.
      { kind: 'load-root', vcpu: 0, pgd: '0x101001' },
      { kind: 'load-root', vcpu: 0, pgd: '0x102002' },
      ENTER,
    ];
    const { result } = raceOf(['need-sync-posted'], commands, PCIDE);
    expect(result.lanes[0]?.counters.syncs).toMatchObject({ requested: 1, serviced: 1, wasted: 1 });
  });

  test('of a zapped root tell the broadcast and the page that is held on', () => {
    const zapped: CommandInput[] = [cr3(1), cr3(2), ENTER, { kind: 'zap-all', vcpu: 0 }, ENTER];
    const { result } = raceOf(['mainline'], zapped, { ...PCIDE, vcpus: 2 });
    expect(result.lanes[0]?.counters).toMatchObject({
      broadcasts: { reload: 0, freeObsolete: 1 },
      requests: { MMU_FREE_OBSOLETE_ROOTS: 2 },
      pinned: { peak: 2, zappedPeak: 2 },
      freed: { obsolete: 3 },
      kicks: 1,
    });
  });

  test.each(WORKLOAD_NAMES)('agree with those of the vCPUs, %s', (name) => {
    expectSums(name, 200);
  });
});

describe('partings', () => {
  test('name the first command, both states, and what each side did', () => {
    const { result } = raceOf([...SOUND, 'never-cache'], INVALIDATED, PCIDE);
    expect(result.partings.map(({ at, stay, leave }) => [at, stay.lanes, leave.lanes])).toEqual([
      [0, SOUND, ['never-cache']],
      [3, ['mainline'], ['need-sync', 'unsync-roots', 'cached-roots']],
    ]);
    const { stay, leave } = result.partings[1] as (typeof result.partings)[number];
    expect(stay.state.rootMmu.prevRoots.map((root) => root?.hpa ?? null)).toEqual([
      null,
      0x100000000,
      null,
    ]);
    expect(leave.state.rootMmu.prevRoots.map((root) => root?.unsync ?? null)).toEqual([
      true,
      false,
      null,
    ]);
    expect(stay.events.map(({ kind }) => kind)).toEqual(['vm-exit', 'root-freed']);
    expect(leave.events.map(({ kind }) => kind)).toEqual(['vm-exit', 'root-marked-unsync']);
  });
});

describe('lanes', () => {
  test('share nothing: each comes out as it would alone', () => {
    const together = raceOver('kpti', 500, POLICY_NAMES).result;
    const mainline = together.lanes.find(({ policy }) => policy === 'mainline');
    for (const [index, policy] of POLICY_NAMES.entries()) {
      const alone = raceOver('kpti', 500, [policy]).result;
      const { comparison, ...lane } = together.lanes[index] as RaceLane;
      const { comparison: toItself, ...same } = alone.lanes[0] as RaceLane;
      expect(lane).toEqual(same);
      expect([comparison.standing === 'same', toItself.standing]).toEqual([
        lane.cost.total === mainline?.cost.total,
        'same',
      ]);
    }
  });

  // `race.long.test.ts` races over all of them, for longer.
  test.each(['nested-invept', 'fork-exit'] as const)(
    'that share a machine until they part come out the same, %s',
    (name) => expectShared(name, 300),
  );

  test('are named after what they differ in', () => {
    const lanes = lanesOf({ policies: ['mainline'], prevRoots: [1, 7], kernels: ['5.14', '7.3'] });
    const { lanes: ran } = resultOf(createRace({ config: {}, lanes }), {
      source: { kind: 'commands', name: 'nothing' },
      version: 'test',
    });
    expect(ran.map(({ name }) => name)).toEqual([
      'mainline/1@5.14',
      'mainline/7@5.14',
      'mainline/1@7.3',
      'mainline/7@7.3',
    ]);
  });

  test('keep no more for a longer race', () => {
    const { race, result } = raceOver('pcid-churn', 6000, ['mainline', 'need-sync']);
    expect(result.series.points.length).toBeLessThan(COST_POINTS_MAX);
    expect(result.series.points.at(-1)?.commands).toBeGreaterThan(5000);
    for (const { events } of race.runs) {
      expect(events.length).toBeLessThanOrEqual(PARTING_EVENTS_MAX);
    }
    expect(race.partings.list).toHaveLength(1);
  });

  test('count what they refuse, and go on', () => {
    const { result } = raceOf(['mainline'], [{ kind: 'enter', vcpu: 1 }, ENTER]);
    expect(result.lanes[0]?.counters).toMatchObject({ commands: 1, refused: 1 });
    expect(result.lanes[0]?.firstRefusal).toBe('Cannot run "enter": no vCPU 1');
  });

  test.each([
    [[], 'Cannot race: no policy is named'],
    [
      Array.from({ length: 49 }, () => 'mainline' as const),
      'Cannot race: 49 lanes, and 48 is the bound',
    ],
  ])('are refused where there are too few or too many', (policies, message) => {
    const race = () => createRace({ config: {}, lanes: lanesFor(policies) });
    expect(race).toThrow(new RaceRefused(message));
  });

  test('are refused a machine that their kernel does not have', () => {
    const lanes = lanesFor(['mainline']);
    const race = () => createRace({ config: { registers: { cr4: '0x1' } }, lanes });
    expect(race).toThrow(/^Cannot race on kernel 6\.1: /);
  });
});

describe('the verdict', () => {
  const { result } = raceOver('nested-invept', 2500, POLICY_NAMES);

  test('fits into an e-mail', () => {
    const long = result.verdict.split('\n').filter((line) => line.length > 78);
    expect(long).toEqual([]);
    const control = /[^\n\x20-\x7e]/.exec(result.verdict);
    expect(control).toBeNull();
  });

  test('says what was run, who was wrong, and how to run it again', () => {
    expect(result.verdict).toContain('Workload nested-invept, seed 7: 2500 commands');
    for (const name of POLICY_NAMES) expect(result.verdict).toContain(`\n${name} `);
    const wrong = result.lanes.filter(({ counters }) => counters.violations > 0);
    for (const { name } of wrong) expect(result.verdict).toContain(`STALE ${name}: `);
    expect(wrong.some(({ policy }) => POLICIES[policy].isSound)).toBe(false);
    expect(result.verdict.replaceAll('\\\n', '').replaceAll(/ +/g, ' ')).toContain(
      '--workload nested-invept --seed 7 --commands 2500',
    );
  });

  test('is part of a result that the wire takes', () => {
    expect(RaceResult.parse(JSON.parse(writeRaceResult(result)))).toEqual(result);
  });
});
