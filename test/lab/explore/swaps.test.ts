import { describe, expect, test } from 'vitest';
import { Images } from '../../../src/lab/explore/store/images.js';
import { States } from '../../../src/lab/explore/store/states.js';
import { renamedCommand, swapsOf } from '../../../src/lab/explore/swaps.js';
import {
  always,
  type Bounded,
  boundedAlphabet,
  boundedMachine,
  type Edge,
  Exploration,
  PROPERTIES,
  type Setting,
  specSetting,
} from '../../../src/lab/index.js';
import { createVm, settle, step, thawVm, type Vm } from '../../../src/mmu/index.js';
import { LIMITS } from './small-machine.js';

function machine(changes: Partial<Bounded> = {}): Setting {
  const bounded: Bounded = {
    ...{ policy: 'mainline', kernel: '6.1', slots: 1, spaces: 3, vcpus: 1, also: [], without: [] },
    ...changes,
  };
  const properties = PROPERTIES.filter(({ name }) =>
    ['no-violation', 'spares-live-roots'].includes(name),
  );
  return { ...boundedMachine(bounded), alphabet: boundedAlphabet(bounded), properties };
}

function started({ config, stage }: Setting): Vm {
  const vm = createVm(config);
  for (const command of stage) step(vm, command, null);
  return vm;
}

function searched(setting: Setting, limits = LIMITS, onEdge?: (edge: Edge) => void) {
  const exploration = new Exploration(setting, limits, onEdge);
  while (!exploration.advance(1000));
  return exploration;
}

const swapsIn = (setting: Setting) => {
  const { futures } = new Exploration(setting, LIMITS);
  return swapsOf(setting, started(setting), futures);
};

describe('address spaces that nobody can tell apart', () => {
  test.each([
    [{ spaces: 2 }, []],
    [{ spaces: 3 }, [[2, 3]]],
    [
      { spaces: 4 },
      [
        [2, 3],
        [2, 4],
        [3, 4],
      ],
    ],
    [{ spaces: 3, also: ['load-root'] }, [[2, 3]]],
    [
      { spaces: 3, without: ['edits'] },
      [
        [1, 2],
        [1, 3],
        [2, 3],
      ],
    ],
    [{ spaces: 3, also: ['pcide-off'] }, []],
    [{ spaces: 3, vcpus: 2 }, []],
  ] as const)('%j: %j', (changes, pcids) => {
    const swaps = swapsIn(machine(changes as Partial<Bounded>));
    expect(swaps.map((swap) => [...swap.pcids.keys()])).toEqual(pcids);
  });

  test('are told apart by a command that only one of them has', () => {
    const setting = machine();
    const alphabet = setting.alphabet.slice(1);
    expect(swapsIn({ ...setting, alphabet })).toHaveLength(1);
    const without = setting.alphabet.filter((_, i) => i !== 2);
    expect(swapsIn({ ...setting, alphabet: without })).toEqual([]);
  });

  test('are told apart by an entry of a table', () => {
    const setting = machine();
    const vm = started(setting);
    const { futures } = new Exploration(setting, LIMITS);
    step(vm, { kind: 'host-write', vcpu: 0, gpa: 0x123000, value: { page: 0x77, low: 0x7 } }, null);
    expect(swapsOf(setting, vm, futures)).toEqual([]);
  });
});

describe('a swap of names', () => {
  const setting = {
    ...machine({ also: ['load-root', 'invlpg', 'free-current'] }),
    isPlain: true,
  } as const;

  test.each(['mainline', 'need-sync-posted'] as const)(
    'leads each command of %s to the state that has the names swapped',
    (policy) => {
      const one = { ...setting, config: { ...setting.config, policy } };
      const edges: Edge[] = [];
      const plain = searched(one, { ...LIMITS, states: 400 }, (edge) => edges.push(edge));
      const [swap] = swapsOf(one, started(one), plain.futures);
      if (swap === undefined) throw new Error('There is a swap');
      const { states, futures } = plain;
      const images = new Images(states.parts, [swap], (tuple) => states.open(tuple));
      const imageOf = (state: number) =>
        states.internTuple(images.under([0], states.tupleOf(state)));
      let moved = 0;
      for (const { from, command, to } of edges) {
        if (to === null) continue;
        const there = imageOf(from);
        const vm = thawVm(one.config, states.get(there));
        step(
          vm,
          renamedCommand(one.alphabet[command] as (typeof one.alphabet)[number], swap),
          null,
        );
        settle(vm, futures);
        expect([from, command, states.intern(vm)]).toEqual([from, command, imageOf(to)]);
        if (there !== from) moved += 1;
      }
      expect(moved).toBe(684);
    },
  );
});

describe('a search that swaps names', () => {
  test('swaps none that a predicate may name', () => {
    const isThird = ({ vcpus }: Vm) => vcpus[0]?.regs.cr3.low === 3;
    const never = always('PCID 3 is not in use', (vm) => !isThird(vm));
    const { counterexamples } = searched({ ...machine(), properties: [never] }).result();
    expect(counterexamples.map(({ commands }) => commands.length)).toEqual([1]);
  });

  test.each([
    [{ policy: 'mainline', slots: 2 }, 4],
    [{ policy: 'need-sync-posted', also: ['load-root'] }, 4],
    [{ policy: 'cached-roots', spaces: 4 }, 3],
    [{ policy: 'need-sync-posted', also: ['one-pcid'] }, 4],
  ] as const)('%j finds what one does that takes all for different', (changes, depth) => {
    const setting = machine(changes as Partial<Bounded>);
    const limits = { ...LIMITS, depth };
    const merged = searched(setting, limits);
    const plain = searched({ ...setting, isPlain: true }, limits);
    const shortest = (search: Exploration) =>
      search.result().counterexamples.map(({ property, commands }) => [property, commands.length]);
    expect(shortest(merged)).toEqual(shortest(plain));
    const swaps = swapsOf(setting, started(setting), merged.futures);
    const states = new States(setting.config, { symmetric: false, swaps });
    for (let state = 0; state < plain.states.count; state += 1) {
      const vm = thawVm(setting.config, plain.states.get(state));
      settle(vm, merged.futures);
      states.intern(vm);
    }
    expect(states.count).toBe(merged.states.count);
    expect(plain.states.count).toBeGreaterThan(1.5 * states.count);
  });
});

describe('a search that tells all names apart, and expands states under others', () => {
  const graphOf = (setting: Setting) => {
    const edges: Edge[] = [];
    const search = searched(setting, LIMITS, (edge) => edges.push(edge));
    return { edges, carriedOut: search.carriedOut, ...search.result(), bytesPerState: 0, bytes: 0 };
  };

  test.each([
    ['need-sync-posted', { plain: 2598, byGuises: 532 }],
    ['mainline', { plain: 1290, byGuises: 255 }],
  ] as const)('finds the very graph of %s', (policy, counts) => {
    const setting = specSetting({ policy, slots: 1, spaces: 3 });
    const { carriedOut, ...byGuises } = graphOf(setting);
    const plain = graphOf({ ...setting, isPlain: true });
    expect(byGuises).toEqual({ ...plain, carriedOut: undefined });
    expect({ plain: plain.carriedOut, byGuises: carriedOut }).toEqual(counts);
  });
});
