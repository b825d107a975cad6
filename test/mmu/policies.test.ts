import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeVm, POLICIES, POLICY_NAMES, type Vm } from '../../src/mmu/index.js';
import type { CommandInput, MmuEvent, VmConfigInput } from '../../src/mmu/schema/index.js';
import { currentRoot, prevRootsOf } from '../../src/mmu/state/index.js';
import {
  BEGIN_VMX,
  failLate,
  hex,
  invpcid,
  movCr3,
  movCr4,
  nestedConfig,
  play,
  runL2,
  violationIn,
} from './scripts.js';

/** Seeds that are run; one that ever failed stays in the list. */
const SEEDS = [1, 2, 3];
const RUNS = 60;

const SOUND = POLICY_NAMES.filter((name) => POLICIES[name].isSound);

const pgd = fc.integer({ min: 0x100, max: 0x105 }).map((frame) => frame * 4096);
const pcid = fc.integer({ min: 0, max: 3 });

/** CR3 loads, invalidations and CR4 toggles of an L1 under shadow paging. */
const shadowCommand: fc.Arbitrary<CommandInput> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(pgd, pcid, fc.boolean())
      .map(([frame, id, noFlush]) => movCr3(frame + id, noFlush)),
  },
  { weight: 3, arbitrary: pcid.map((id) => invpcid(1, id)) },
  { weight: 1, arbitrary: fc.constantFrom(2, 3).map((type) => invpcid(type, 0)) },
  { weight: 1, arbitrary: fc.constantFrom('0x200a0', '0xa0', '0x20020', '0x20').map(movCr4) },
  { weight: 1, arbitrary: fc.constant<CommandInput>({ kind: 'zap-all', vcpu: 0 }) },
  { weight: 2, arbitrary: fc.constant<CommandInput>({ kind: 'enter', vcpu: 0 }) },
);

const eptp = fc
  .tuple(fc.integer({ min: 0x100, max: 0x104 }), fc.constantFrom(0x1e, 0x5e))
  .map(([frame, low]) => hex(frame * 4096 + low));

/** Entries to L2 under several EPTs, some of them failing late, and INVEPT between them. */
const nestedCommand: fc.Arbitrary<CommandInput[]> = fc.oneof(
  { weight: 4, arbitrary: eptp.map(runL2) },
  { weight: 2, arbitrary: eptp.map(failLate) },
  {
    weight: 3,
    arbitrary: eptp.map((operand) => [
      { kind: 'invept', vcpu: 0, type: 1, eptp: operand } satisfies CommandInput,
    ]),
  },
  {
    weight: 1,
    arbitrary: fc.constant<CommandInput[]>([{ kind: 'invept', vcpu: 0, type: 2, eptp: '0x0' }]),
  },
);

test('the proposals as mailed are the only ones that are not sound', () => {
  expect(POLICY_NAMES.filter((name) => !SOUND.includes(name))).toEqual([
    'need-sync-posted',
    'unsync-roots-posted',
    'cached-roots-posted',
  ]);
});

describe.each(SOUND)('%s', (policy) => {
  test.each(SEEDS)('lets no L1 run on a root that owes, seed %i', (seed) => {
    const property = fc.property(fc.array(shadowCommand, { maxLength: 40 }), (commands) => {
      expect(violationIn({ policy }, [movCr4('0x200a0'), ...commands])).toBeNull();
    });
    fc.assert(property, { seed, numRuns: RUNS });
  });

  test.each(SEEDS)('lets no L2 run on an EPT root that owes, seed %i', (seed) => {
    const property = fc.property(fc.array(nestedCommand, { maxLength: 20 }), (groups) => {
      expect(violationIn(nestedConfig(policy), [...BEGIN_VMX, ...groups.flat()])).toBeNull();
    });
    fc.assert(property, { seed, numRuns: RUNS });
  });
});

describe.each(POLICY_NAMES)('%s', (policy) => {
  test.each(SEEDS)('holds as many pages as its slots do, seed %i', (seed) => {
    const property = fc.property(fc.array(shadowCommand, { maxLength: 40 }), (commands) => {
      const vm = play(
        { policy, vcpus: 2 },
        commands.map((command, i) => ({ ...command, vcpu: i % 2 })),
      );
      for (const page of pagesOf(vm)) {
        expect(page.rootCount).toBe(rootsOf(vm).filter((root) => root.page === page).length);
      }
    });
    fc.assert(property, { seed, numRuns: RUNS });
  });

  test('gives the same events for the same commands, and the same state if nobody listens', () => {
    const commands = fc.sample(shadowCommand, { numRuns: 200, seed: 7 });
    const [first, second] = [heardOf({ policy }, commands), heardOf({ policy }, commands)];
    expect(first.events.length).toBeGreaterThan(commands.length);
    expect(second).toEqual(first);
    expect(encodeVm(play({ policy }, commands))).toEqual(first.state);
  });
});

/** What a listener is told while commands are played, and the state in which they end. */
function heardOf(config: VmConfigInput, commands: readonly CommandInput[]) {
  const events: MmuEvent[] = [];
  const vm = play(config, commands, (_vcpu, event) => events.push(event));
  return { events, state: encodeVm(vm) };
}

function pagesOf(vm: Vm) {
  return new Set(
    [...vm.shadow.byGfn.values()].flat().concat(rootsOf(vm).flatMap(({ page }) => page ?? [])),
  );
}

function rootsOf({ vcpus }: Vm) {
  return vcpus.flatMap(({ rootMmu, guestMmu }) =>
    [rootMmu, guestMmu].flatMap((mmu) =>
      [currentRoot(mmu), ...prevRootsOf(mmu)].flatMap((slot) => slot ?? []),
    ),
  );
}
