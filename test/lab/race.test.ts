import { describe, expect, test } from 'vitest';
import {
  COST_MODEL,
  COST_NAMES,
  type CostName,
  createRace,
  type LaneSpec,
  lanesOf,
  openRace,
  RaceRefused,
  RaceResult,
  raceSteps,
  resultOf,
  runCommand,
  WORKLOAD_NAMES,
  type WorkloadName,
  workloadOf,
  writeRaceResult,
} from '../../src/lab/index.js';
import { COST_POINTS_MAX } from '../../src/lab/race/cost-series.js';
import { partingOf } from '../../src/lab/race/parting.js';
import { PARTING_EVENTS_MAX } from '../../src/lab/race/run.js';
import { POLICY_NAMES, type PolicyName } from '../../src/mmu/index.js';
import { Command, type CommandInput, type VmConfigInput } from '../../src/mmu/schema/index.js';

const SOUND: readonly PolicyName[] = ['mainline', 'need-sync', 'unsync-roots', 'cached-roots'];

/** A race over wire-form commands, under 6.1 unless lanes are given. */
function raceOf(
  policies: readonly PolicyName[],
  commands: readonly CommandInput[],
  config: VmConfigInput = {},
) {
  const race = createRace({ config, lanes: lanesFor(policies) });
  for (const command of commands) runCommand(race, Command.parse(command));
  const source = { kind: 'commands', name: 'a list of commands' } as const;
  return { race, result: resultOf(race, { source, version: 'test' }) };
}

function lanesFor(policies: readonly PolicyName[]): LaneSpec[] {
  return lanesOf({ policies, prevRoots: [3], kernels: ['6.1'] });
}

function raceOver(name: WorkloadName, commands: number, policies: readonly PolicyName[]) {
  const workload = workloadOf(name);
  const race = createRace({ config: workload.configOf(), lanes: lanesFor(policies) });
  for (const command of workload.commandsOf({ commands }, 7)) runCommand(race, command);
  const source = { kind: 'workload', name, seed: 7, parameters: {} } as const;
  return { race, result: resultOf(race, { source, version: 'test' }) };
}

const cr3 = (pcid: number): CommandInput => ({
  kind: 'mov-cr3',
  vcpu: 0,
  value: `0x800000000010${pcid}00${pcid}`,
});
const ENTER: CommandInput = { kind: 'enter', vcpu: 0 };
const PCIDE: VmConfigInput = { registers: { cr3: '0x100000', cr4: '0x200a0' } };

/** The kernel reference, 20.6 number 4: an inactive PCID is invalidated, and nothing had changed. */
const INVALIDATED: CommandInput[] = [
  cr3(1),
  cr3(2),
  ENTER,
  { kind: 'invpcid', vcpu: 0, type: 1, pcid: 1, gva: '0x0' },
  cr3(1),
  ENTER,
];

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
    const { race, result } = raceOver(name, 1200, POLICY_NAMES);
    for (const [index, { counters }] of result.lanes.entries()) {
      const sums: Record<string, number> = {};
      for (const vcpu of race.lanes[index]?.run.vm.vcpus ?? []) {
        for (const [key, of] of Object.entries(vcpu.counters)) sums[key] = (sums[key] ?? 0) + of;
      }
      const sum = (of: Record<string, number> | number[]) =>
        Object.values(of).reduce((total, one) => total + one, 0);
      expect({
        reusedCurrent: counters.hitsCurrent,
        reusedPrevious: sum(counters.hitsPrevious),
        missed: counters.misses,
        evicted: counters.evicted,
        freed: sum(counters.freed),
        marked: sum(counters.marked),
        loaded: sum(counters.loads),
        exits: counters.exits,
        tlbFlush: counters.flushes.stat,
      }).toEqual({
        ...Object.fromEntries(
          ['reusedCurrent', 'reusedPrevious', 'missed', 'evicted', 'freed', 'marked', 'loaded'].map(
            (key) => [key, sums[key]],
          ),
        ),
        exits: sums.exits,
        tlbFlush: sums.tlbFlush,
      });
      const { syncs, flushes } = counters;
      expect(flushes.load).toBe(sum(counters.loads));
      expect(syncs.effective + syncs.noOp + syncs.nothing).toBe(syncs.serviced);
    }
    for (const { prevRoots, misses, loads } of result.bounds) {
      expect(prevRoots).toBe(3);
      for (const { counters } of result.lanes) {
        expect(counters.misses).toBeGreaterThanOrEqual(misses);
        expect(sumOf(counters.loads)).toBeGreaterThanOrEqual(loads);
      }
    }
  });
});

const sumOf = (counts: Record<string, number>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

describe('the cost model', () => {
  /** What one switch costs, by what it takes: the kernel reference, 20.5. */
  const price = (counts: Partial<Record<CostName, number>>) =>
    COST_NAMES.reduce((sum, name) => sum + COST_MODEL[name].cost * (counts[name] ?? 0), 0);
  const load = { miss: 1, mmuLock: 2, drop: 1, flushOne: 1 };

  test('keeps the order that the code gives', () => {
    const inOrder = [
      price({ hit: 1 }),
      price({ hit: 1, flushOne: 1 }),
      price({ hit: 1, flushOne: 1, syncNoOp: 1 }),
      price({ hit: 1, flushOne: 1, syncEffective: 1, syncLeaf: 1, mmuLock: 1 }),
      price({ ...load, loadExisting: 1, syncLeaf: 1 }),
      price({ ...load, loadNew: 1, syncLeaf: 1, pageAllocated: 1, pageFault: 1, exit: 1 }),
      price({ kick: 4, exit: 4, loadExisting: 4, drop: 4, flushOne: 4, mmuLock: 8 }),
    ];
    expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
    expect(new Set(inOrder).size).toBe(inOrder.length);
    expect(inOrder[0]).toBe(1);
  });

  test('prices every lane alike, and takes other prices', () => {
    const free = Object.fromEntries(COST_NAMES.map((name) => [name, 0]));
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

  test('are found between any two lanes', () => {
    const { race } = raceOf([...SOUND, 'never-cache'], INVALIDATED, PCIDE);
    expect(partingOf(race.partings, 0, 1)?.at).toBe(3);
    expect(partingOf(race.partings, 4, 2)?.at).toBe(0);
    expect(partingOf(race.partings, 1, 3)).toBeNull();
  });
});

describe('lanes', () => {
  test('share nothing: each comes out as it would alone', () => {
    const together = raceOver('kpti', 1500, POLICY_NAMES).result;
    for (const [index, policy] of POLICY_NAMES.entries()) {
      const alone = raceOver('kpti', 1500, [policy]).result;
      expect(together.lanes[index]).toEqual(alone.lanes[0]);
    }
  });

  test.each(WORKLOAD_NAMES)(
    'that share a machine until they part come out the same, %s',
    (name) => {
      const workload = workloadOf(name);
      const lanes = lanesOf({ policies: POLICY_NAMES, prevRoots: [1, 3], kernels: ['6.1'] });
      const shared = openRace({ config: workload.configOf(), lanes });
      const apart = createRace({ config: workload.configOf(), lanes });
      const commands = workload.commandsOf({ commands: 900 }, 11);
      for (const _ of raceSteps(shared, commands)) expect(shared.runs.length).toBeLessThan(25);
      for (const command of commands) runCommand(apart, command);
      const ran = { source: { kind: 'commands', name }, version: 'test' } as const;
      expect(resultOf(shared, ran)).toEqual(resultOf(apart, ran));
      expect(apart.runs).toHaveLength(24);
      expect(shared.runs.length).toBeLessThan(24);
    },
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
    expect(wrong.map(({ name }) => name).every((name) => name.endsWith('-posted'))).toBe(true);
    expect(result.verdict.replaceAll('\\\n', '').replaceAll(/ +/g, ' ')).toContain(
      '--workload nested-invept --seed 7 --commands 2500',
    );
  });

  test('is part of a result that the wire takes', () => {
    expect(RaceResult.parse(JSON.parse(writeRaceResult(result)))).toEqual(result);
  });
});
