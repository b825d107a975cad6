import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  boundedAlphabet,
  boundedMachine,
  coverageFigures,
  coverageRows,
  MachineMaker,
  openReach,
  type Reached,
  type ReachPlan,
  stateClassOf,
  stateClassText,
  Tally,
  tripleKeyOf,
} from '../../src/lab/index.js';
import { CommandRefused, createVm, type PolicyName, step, type Vm } from '../../src/mmu/index.js';
import { Command, type CommandInput, VmConfig } from '../../src/mmu/schema/index.js';

const LIMITS = { depth: 1000, states: 400, bytes: 2 ** 26 };

function planOf(policy: PolicyName, limits = LIMITS, kinds?: readonly string[]): ReachPlan {
  const bounded = { policy, kernel: '6.1', slots: 1, spaces: 2, vcpus: 1 } as const;
  const machine = { ...bounded, also: [], without: [] };
  const { config, stage } = boundedMachine(machine);
  const encode = (command: Command) => z.encode(Command, command);
  const alphabet = boundedAlphabet(machine).filter(({ kind }) => kinds?.includes(kind) ?? true);
  return {
    config: z.encode(VmConfig, config),
    stage: stage.map(encode),
    alphabet: alphabet.map(encode),
    limits,
  };
}

function reachedBy(plan: ReachPlan): Reached {
  const { steps } = openReach(plan);
  for (;;) {
    const { done, value } = steps.next();
    if (done !== true) continue;
    if ('refusal' in value) throw new Error(value.refusal);
    return value;
  }
}

function begun({ config, stage }: ReachPlan): Vm {
  const vm = createVm(VmConfig.parse(config));
  for (const command of stage) step(vm, Command.parse(command), null);
  return vm;
}

/** The triples that come of commands, in their order. */
function triplesOf(plan: ReachPlan, way: readonly number[]): string[] {
  const vm = begun(plan);
  return way.map((index) => {
    const tally = new Tally();
    const command = Command.parse(plan.alphabet[index]);
    tally.begin(vm, command, 0)(step(vm, command, null));
    return [...tally.happened.keys()][0] as string;
  });
}

test.each(['mainline', 'need-sync', 'unsync-roots-posted'] as const)(
  'under %s each way leads to its triple',
  (policy) => {
    const plan = planOf(policy);
    const { triples } = reachedBy(plan);
    expect(triples.length).toBeGreaterThan(30);
    for (const triple of triples) {
      expect(triplesOf(plan, triple.way).at(-1)).toBe(tripleKeyOf(triple));
    }
  },
);

test('the search finds what all sequences of three commands find, as early as they do', () => {
  const plan = planOf('need-sync', { ...LIMITS, depth: 3 }, ['mov-cr3', 'invpcid', 'read']);
  const all = new Map<string, number>();
  const count = plan.alphabet.length;
  for (let number = 0; number < count ** 3; number += 1) {
    const way = [
      Math.floor(number / count ** 2),
      Math.floor(number / count) % count,
      number % count,
    ];
    for (const [i, key] of triplesOf(plan, way).entries()) {
      all.set(key, Math.min(all.get(key) ?? 4, i + 1));
    }
  }
  const { triples, end } = reachedBy(plan);
  expect(end).toBe('depth');
  const found = triples.map((triple) => [tripleKeyOf(triple), triple.way.length] as const);
  expect(new Map(found)).toEqual(all);
});

test('a machine without slots is searched through to the end', () => {
  const { config, alphabet } = planOf('mainline', LIMITS, ['mov-cr3', 'read']);
  const reached = reachedBy({
    config: { ...config, prevRoots: 0 },
    ...{ stage: [], alphabet, limits: { ...LIMITS, states: 10_000 } },
  });
  expect([reached.end, reached.isExhaustive]).toEqual(['exhausted', true]);
});

test('a stage that cannot be set is a sentence', () => {
  const plan = { ...planOf('mainline'), stage: [{ kind: 'vmexit', vcpu: 0 }] } as ReachPlan;
  expect(openReach(plan).steps.next()).toEqual({
    done: true,
    value: { refusal: expect.stringMatching(/^Cannot set the stage: /) },
  });
});

/** The class of vCPU 0 behind some commands. */
function classAfter(config: object, commands: readonly CommandInput[]): string {
  const vm = createVm(VmConfig.parse(config));
  for (const command of commands) step(vm, Command.parse(command), null);
  return stateClassText(stateClassOf(vm, vm.vcpus[0] as Vm['vcpus'][number]));
}

const PCIDE = { registers: { cr3: '0x1001', cr4: '0x200a0' } };
const NEXT: CommandInput = { kind: 'mov-cr3', vcpu: 0, value: '0x11002' };
const INVPCID: CommandInput = { kind: 'invpcid', vcpu: 0, type: 1, pcid: 1, gva: '0x0' };

test.each<[string, object, CommandInput[], string]>([
  ['a new VM', {}, [], 'L1 host, 4-level, *root empty [empty]'],
  ['one that runs', {}, [{ kind: 'enter', vcpu: 0 }], 'L1 guest, 4-level, *root live [empty]'],
  [
    'one on EPT',
    { paging: 'ept' },
    [{ kind: 'enter', vcpu: 0 }],
    'L1 guest, 4-level, *root direct [empty]',
  ],
  [
    'two roots',
    PCIDE,
    [{ kind: 'enter', vcpu: 0 }, NEXT],
    'L1 host, 4-level PCIDE, *root empty [live empty], MMU_SYNC+TLB_FLUSH_CURRENT',
  ],
  [
    'a marked one',
    { ...PCIDE, policy: 'need-sync' },
    [{ kind: 'enter', vcpu: 0 }, NEXT, INVPCID],
    'L1 host, 4-level PCIDE, *root live [marked empty]',
  ],
  [
    'a request',
    {},
    [{ kind: 'make-request', vcpu: 0, request: 'MMU_SYNC' }],
    'L1 host, 4-level, *root empty [empty], MMU_SYNC',
  ],
  ['no slots', { prevRoots: 0 }, [], 'L1 host, 4-level, *root empty'],
])('%s has a class', (_, config, commands, text) => {
  expect(classAfter(config, commands)).toBe(text);
});

test('a machine is made of a history', () => {
  const maker = new MachineMaker(VmConfig.parse({ registers: { cr3: '0x1001', cr4: '0x200a0' } }));
  const map = {
    kind: 'map',
    vcpu: 0,
    root: '0x1000',
    address: '0x0',
    gpa: '0x0',
    tables: '0x2000',
  };
  const read = { kind: 'read', vcpu: 0, gva: '0x400000' };
  for (const command of [map, read, read, map]) maker.take(Command.parse(command));
  const { stage, alphabet, leftOut } = maker.made();
  expect([stage.map(({ kind }) => kind), leftOut]).toEqual([['map'], 0]);
  expect(alphabet.map(({ kind }) => kind)).toEqual([
    ...['read', 'invlpg', 'enter', 'map', 'invpcid', 'invpcid', 'mov-cr3', 'mov-cr3'],
  ]);
});

test('commands beyond its bound are counted', () => {
  const maker = new MachineMaker(VmConfig.parse({}));
  for (let i = 0; i < 40; i += 1) {
    maker.take(Command.parse({ kind: 'read', vcpu: 0, gva: `0x${i}000` }));
  }
  const { alphabet, leftOut } = maker.made();
  expect([alphabet.length, leftOut]).toEqual([32, 8]);
});

test('what happened is held against what can', () => {
  const plan = planOf('mainline', { ...LIMITS, states: 50 });
  const tally = new Tally();
  const vm = begun(plan);
  const strange = Command.parse({ kind: 'zap-all', vcpu: 0 });
  for (const command of [Command.parse(plan.alphabet[0]), strange]) {
    tally.begin(vm, command, 7)(step(vm, command, null));
  }
  const reached = reachedBy(plan);
  const rows = coverageRows(tally.happened, reached);
  const { length } = reached.triples;
  expect(coverageFigures(rows, reached)).toEqual({
    exercised: 2,
    reachable: length,
    missed: length - 1,
  });
  expect(rows.at(-1)).toMatchObject({ command: 'zap-all', times: 1, first: 7, way: null });
  expect(coverageFigures(coverageRows(tally.happened, null), null)).toEqual({
    ...{ exercised: 2, reachable: null, missed: null },
  });
});

test('a command that is refused is no triple', () => {
  const vm = createVm(VmConfig.parse({}));
  const tally = new Tally();
  const command = Command.parse({ kind: 'vmexit', vcpu: 0 });
  tally.begin(vm, command, 1);
  expect(() => step(vm, command, null)).toThrow(CommandRefused);
  expect(tally.happened.size).toBe(0);
});
