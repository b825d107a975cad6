import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  always,
  boundedAlphabet,
  boundedMachine,
  type Edge,
  Exploration,
  ExplorationRefused,
  type Explored,
  PROPERTIES,
  type Property,
  type Setting,
  SOUNDNESS,
} from '../../../src/lab/index.js';
import { createVm, freezeVm, settle, step, thawVm, type Vm } from '../../../src/mmu/index.js';
import { Outcome } from '../../../src/mmu/schema/index.js';
import { LIMITS, smallMachine } from './small-machine.js';

function explored(setting: Setting, limits = LIMITS): Explored {
  const exploration = new Exploration(setting, limits);
  while (!exploration.advance(100));
  return exploration.result();
}

const byName = (name: string) => PROPERTIES.find((one) => one.name === name) as Property;

function started({ config, stage }: Setting): Vm {
  const vm = createVm(config);
  for (const command of stage) step(vm, command, null);
  return vm;
}

/** How a command ended, and whether it was judged to be wrong. */
function endOf(vm: Vm, command: Setting['alphabet'][number]): string {
  const rules: string[] = [];
  const outcome = step(vm, command, (_vcpu, event) => {
    if (event.kind === 'violation') rules.push(event.rule);
    return 0;
  });
  return JSON.stringify([z.encode(Outcome, outcome), rules]);
}

describe('a search', () => {
  test('sees every state once, and says that there are no others', () => {
    const result = explored({ ...smallMachine({ slots: 0 }), properties: SOUNDNESS });
    const { end, isExhaustive, states, transitions, depth, undecided, counterexamples } = result;
    expect({ end, isExhaustive, states, transitions, depth, undecided, counterexamples }).toEqual({
      ...{ end: 'exhausted', isExhaustive: true, undecided: 0, counterexamples: [] },
      ...{ states: 2404, transitions: 16828, depth: 11 },
    });
    expect(result.found.reduce((sum, count) => sum + count, 0)).toBe(states);
  });

  test('goes wherever a machine goes that nobody merges with another', () => {
    const setting = smallMachine({ policy: 'need-sync-posted', slots: 0 });
    const edges = new Map<string, number>();
    const exploration = new Exploration(setting, LIMITS, ({ from, command, to }: Edge) => {
      edges.set(`${from} ${command}`, to as number);
    });
    while (!exploration.advance(1000));
    const { states, futures } = exploration;
    const walk = fc.array(fc.nat(setting.alphabet.length - 1), { minLength: 40, maxLength: 40 });
    const isFollowed = fc.property(walk, (commands) => {
      const vm = started(setting);
      let state = 0;
      for (const index of commands) {
        const command = setting.alphabet[index] as Setting['alphabet'][number];
        const twin = thawVm(setting.config, states.get(state));
        expect(endOf(twin, command)).toBe(endOf(vm, command));
        state = edges.get(`${state} ${index}`) as number;
        const settled = thawVm(setting.config, freezeVm(vm));
        settle(settled, futures);
        expect(states.intern(settled)).toBe(state);
      }
    });
    fc.assert(isFollowed, { numRuns: 40, seed: 20261130 });
  });

  test('merges vCPUs that differ in nothing but their number, and loses nothing by it', () => {
    const setting = smallMachine({ vcpus: 2, slots: 0 });
    const limits = { ...LIMITS, depth: 3 };
    const merged = explored(setting, limits);
    const plain = new Exploration({ ...setting, isPlain: true }, limits);
    while (!plain.advance(1000));
    expect([merged.isSymmetric, plain.result().isSymmetric]).toEqual([true, false]);
    const { states, futures } = new Exploration(setting, limits);
    for (let state = 0; state < plain.states.count; state += 1) {
      const vm = thawVm(setting.config, plain.states.get(state));
      settle(vm, futures);
      states.intern(vm);
    }
    expect(states.count).toBe(merged.states);
    expect(plain.states.count).toBeGreaterThan(1.5 * merged.states);
  });

  test('keeps a state in at most 16 bytes', () => {
    const { bytesPerState, states } = explored(smallMachine({ slots: 3 }), {
      ...LIMITS,
      states: 4000,
    });
    expect([states, bytesPerState < 16]).toEqual([states, true]);
  });
});

describe('a property that does not hold', () => {
  const bounded = { kernel: '6.1', slots: 1, spaces: 2, vcpus: 1, without: [] } as const;
  const machineOf = (policy: 'need-sync-posted' | 'need-sync', also: readonly 'one-pcid'[]) => ({
    ...boundedMachine({ ...bounded, policy, also }),
    alphabet: boundedAlphabet({ ...bounded, also }),
    properties: [byName('no-violation')],
  });

  test('is refuted by as few commands as can be, which show it on a VM', () => {
    const setting = machineOf('need-sync-posted', ['one-pcid']);
    const result = explored(setting);
    expect([result.end, result.isExhaustive]).toEqual(['refuted', false]);
    const [found] = result.counterexamples;
    expect(found?.commands.map(({ kind }) => kind)).toEqual([
      ...['write', 'mov-cr3', 'mov-cr3', 'read'],
    ]);
    const vm = started(setting);
    const said: string[] = [];
    let seq = 0;
    for (const command of found?.commands ?? []) {
      step(vm, command, (_vcpu, event) => {
        if (event.kind === 'violation') said.push(event.message);
        seq += 1;
        return seq;
      });
    }
    expect(said).toEqual([found?.says]);
    expect(explored(setting, { ...LIMITS, depth: 3 }).counterexamples).toEqual([]);
  });

  test('is a predicate over states, if need be', () => {
    const isRunning = always('the guest runs', ({ vcpus }) => vcpus[0]?.mode === 'guest');
    const { counterexamples } = explored({ ...smallMachine(), properties: [isRunning] });
    expect(counterexamples.map(({ property, commands }) => [property, commands.length])).toEqual([
      ['the guest runs', 1],
    ]);
  });

  test('is one that fails itself: the search goes on, and says so', () => {
    const broken = always('broken', () => {
      throw new Error('no such thing');
    });
    const { counterexamples, isExhaustive } = explored({
      ...smallMachine({ slots: 0 }),
      properties: [broken, byName('no-hang')],
    });
    expect(isExhaustive).toBe(true);
    expect(counterexamples.map(({ says }) => says)).toEqual([
      'The property itself failed: no such thing',
    ]);
  });
});

describe('a bound', () => {
  const setting = smallMachine();

  test.each([
    [{ ...LIMITS, depth: 2 }, 'depth'],
    [{ ...LIMITS, states: 10 }, 'states'],
    [{ ...LIMITS, bytes: 100_000 }, 'bytes'],
  ] as const)('%j ends a search, which says how far it came', (limits, end) => {
    const result = explored({ ...setting, properties: SOUNDNESS }, limits);
    expect([result.end, result.isExhaustive]).toEqual([end, false]);
    expect(result.states).toBeGreaterThanOrEqual(result.expanded);
  });

  test.each([
    [{ alphabet: [] }, LIMITS, 'Cannot explore: the alphabet has no command'],
    [{}, { ...LIMITS, depth: 0 }, 'Cannot explore: at most 0 depth: nothing would be seen'],
    [
      { config: { ...setting.config, vcpus: 1 }, alphabet: smallMachine({ vcpus: 2 }).alphabet },
      LIMITS,
      'Cannot explore: "mov-cr3" is for vCPU 1, and there are 1',
    ],
    [
      { properties: [byName('no-hang'), byName('no-hang')] },
      LIMITS,
      'Cannot explore: property "no-hang" is asked for twice',
    ],
  ])('%# is refused', (changes, limits, sentence) => {
    const open = () => new Exploration({ ...setting, ...changes }, limits);
    expect(open).toThrow(new ExplorationRefused(sentence));
  });
});
