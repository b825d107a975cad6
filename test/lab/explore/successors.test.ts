import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { States } from '../../../src/lab/explore/store/states.js';
import { Successors } from '../../../src/lab/explore/successors.js';
import {
  type Edge,
  Exploration,
  PROPERTIES,
  type Property,
  type Setting,
  SOUNDNESS,
} from '../../../src/lab/index.js';
import {
  ANY_FUTURE,
  CommandRefused,
  freezeVm,
  OracleForgot,
  settle,
  step,
  thawVm,
  type Vm,
} from '../../../src/mmu/index.js';
import { Command } from '../../../src/mmu/schema/index.js';
import { run } from '../../mmu/random-commands.js';
import { apply, begin } from '../../mmu/random-guest.js';
import { LIMITS, smallMachine } from './small-machine.js';

const NO_VIOLATION = PROPERTIES.find(({ name }) => name === 'no-violation') as Property;

interface Searched {
  readonly exploration: Exploration;
  readonly edges: readonly Edge[];
}

function searched(setting: Setting, states: number): Searched {
  const edges: Edge[] = [];
  const limits = { ...LIMITS, states };
  const exploration = new Exploration(setting, limits, (edge) => edges.push(edge));
  while (!exploration.advance(1000));
  return { exploration, edges };
}

/**
 * Carries out every edge of a search once more, each by itself on a VM that is made as a whole.
 *
 * @returns Edges in which something was judged to be wrong.
 */
function expectSameEdges({ exploration, edges }: Searched, { config, alphabet }: Setting): number {
  const { states, futures } = exploration;
  let wrong = 0;
  for (const { from, command, to } of edges) {
    const vm = thawVm(config, states.get(from));
    const what = alphabet[command] as Command;
    if (to === null) {
      expect(() => step(vm, what, null)).toThrow();
      continue;
    }
    step(vm, what, null);
    if (vm.oracle?.vcpus.some((judged) => (judged?.violations ?? 0) > 0)) wrong += 1;
    settle(vm, futures);
    expect([from, command, states.intern(vm)]).toEqual([from, command, to]);
  }
  return wrong;
}

/** Follows commands from one state on, and each of them on a VM that is made as a whole as well. */
function expectSameEffects(vm: Vm, alphabet: readonly Command[]): { known: number } {
  const { initial: config } = vm;
  const states = new States(config, { symmetric: false });
  const setting = { config, stage: [], alphabet, properties: [] };
  const successors = new Successors(setting, states, ANY_FUTURE);
  settle(vm, ANY_FUTURE);
  states.intern(vm);
  let known = 0;
  for (let from = 0; from < Math.min(states.count, 30); from += 1) {
    for (const [index, command] of alphabet.entries()) {
      const { carriedOut } = successors;
      const { effect } = successors.follow(states.tupleOf(from), index, []);
      const after = effect?.after ?? null;
      const to = after === null ? null : states.internTuple(after);
      expect([from, index, to]).toEqual([from, index, plainly(states, from, command)]);
      if (successors.carriedOut === carriedOut) known += 1;
    }
  }
  return { known };
}

/** The state that a command leads to; null if it is refused. */
function plainly(states: States, from: number, command: Command): number | null {
  const { vm } = states.open(states.tupleOf(from));
  const whole = thawVm(vm.initial, freezeVm(vm));
  try {
    step(whole, command, null);
  } catch (error) {
    if (error instanceof CommandRefused) return null;
    throw error;
  }
  settle(whole, ANY_FUTURE);
  return states.intern(whole);
}

describe('an effect that is known', () => {
  test('is that of the command, whatever the guest', () => {
    let known = 0;
    const isSame = fc.property(run, (one) => {
      const { vm } = begin(one);
      const half = one.commands.length / 2;
      for (const command of one.commands.slice(0, half)) apply(vm, command);
      const alphabet = one.commands.slice(half, half + 5).map((command) => Command.parse(command));
      try {
        known += expectSameEffects(vm, alphabet).known;
      } catch (error) {
        if (!(error instanceof OracleForgot)) throw error;
      }
    });
    fc.assert(isSame, { numRuns: 16, seed: 20261130 });
    expect(known).toBeGreaterThan(250);
  });

  test('saves nearly all of the work on a small machine', () => {
    const setting = { ...smallMachine({ slots: 0 }), properties: SOUNDNESS };
    const { exploration, edges } = searched(setting, 500);
    const { transitions } = exploration.progress;
    expect([transitions, exploration.carriedOut]).toEqual([1729, 463]);
    expect(expectSameEdges({ exploration, edges }, setting)).toBe(0);
  });

  test('is kept with two vCPUs, and with one that drops what it should not', () => {
    const setting = smallMachine({ vcpus: 2 });
    const config = { ...setting.config, defects: ['request-without-kick' as const] };
    const wrong = { ...setting, config, properties: [NO_VIOLATION] };
    for (const one of [{ ...setting, properties: [NO_VIOLATION] }, wrong]) {
      const found = searched(one, 150);
      const { counterexamples } = found.exploration.result();
      expect(expectSameEdges(found, one) > 0).toBe(counterexamples.length > 0);
    }
  });

  test('can be forgotten, and is worked out again', () => {
    const setting = smallMachine();
    const plenty = searched(setting, 1500);
    const little = new Exploration(setting, { ...LIMITS, states: 1500, bytes: 2 ** 19 });
    while (!little.advance(1000));
    const { states, transitions } = plenty.exploration.progress;
    expect(little.progress).toMatchObject({ states, transitions });
    expect(little.carriedOut).toBeGreaterThan(plenty.exploration.carriedOut);
  });
});
