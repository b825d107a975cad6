import { describe, expect, test } from 'vitest';
import {
  CERTIFICATE,
  createChance,
  type SpecMachine,
  specCommandOf,
  specGraphOf,
  specSetting,
  specStateOf,
} from '../../src/lab/index.js';
import {
  createVm,
  DEFECT_NAMES,
  type DefectName,
  freezeVm,
  step,
  thawVm,
} from '../../src/mmu/index.js';
import { digestOf } from './digest.js';

const COMMANDS_PER_RUN = 12;

/** A run that the specification does not accept. */
interface Refused {
  readonly run: number;
  /** The edge, or the assertion that failed. */
  readonly at: string;
}

/** The first of some random runs that leaves the edges of the specification; null if none does. */
function refusedIn(
  { machine, accepted }: { machine: SpecMachine; accepted: ReadonlySet<string> },
  { runs, seed }: { runs: number; seed: number },
  defects: DefectName[] = [],
): Refused | null {
  const setting = specSetting(machine);
  const config = { ...setting.config, defects };
  const vm = createVm(config);
  for (const command of setting.stage) step(vm, command, null);
  const first = freezeVm(vm);
  const chance = createChance(seed);
  const named = setting.alphabet.map((command) => ({ command, name: specCommandOf(command) }));
  for (let run = 0; run < runs; run += 1) {
    const vm = thawVm(config, first);
    let before = specStateOf(vm, machine.spaces);
    for (let count = 0; count < COMMANDS_PER_RUN; count += 1) {
      const { command, name } = chance.of(named);
      try {
        step(vm, command, null);
      } catch (error) {
        return { run, at: String(error) };
      }
      const after = specStateOf(vm, machine.spaces);
      const edge = `${name} ${before} ${after}`;
      if (!accepted.has(edge)) return { run, at: edge };
      before = after;
    }
  }
  return null;
}

/** The edges of a machine, which are those that Spin and Rumur find. */
function specOf(policy: string) {
  const machine = CERTIFICATE.machines.find((one) => one.policy === policy && one.spaces === 2);
  if (machine === undefined) throw new Error(`No small machine of ${policy} is certified`);
  const { edges } = specGraphOf(machine);
  expect(digestOf(edges)).toBe(machine.digest);
  return { machine, accepted: new Set(edges) };
}

/** 10,000 in all. */
const RUNS = 2500;

test.each(['mainline', 'need-sync', 'cached-roots-posted', 'never-cache'])(
  'the specification accepts random runs of %s',
  (policy) => {
    expect(refusedIn(specOf(policy), { runs: RUNS, seed: 1 })).toBe(null);
  },
);

/** Mistakes of the museum within what the specification has. */
const WITHIN: readonly DefectName[] = [
  'mov-cr3-syncs-current-only',
  'cr3-bit-63-kept',
  'pcid-flush-skips-flush',
  'pcid-flush-skips-sync',
  'pcid-flush-spares-prev-roots',
  'synced-roots-spared',
  'last-slot-missed',
  'rotation-loses-marks',
  'load-skips-flush',
  'guest-flush-skips-sync',
  'guest-flush-skips-hardware',
  'guest-flush-spares-prev-roots',
  'mark-without-sync',
  'mark-without-flush',
  'sync-request-unserviced',
  'flush-request-unserviced',
  'mov-cr3-same-value-ignored',
  'invpcid-all-as-single',
  'tlb-tag-without-pcid',
];

describe('under need-sync', () => {
  const spec = specOf('need-sync');

  test('the specification refuses every mistake within it, and no other', () => {
    const runs = { runs: 50, seed: 2 };
    const refused = DEFECT_NAMES.filter((defect) => refusedIn(spec, runs, [defect]) !== null);
    expect(refused.sort()).toEqual([...WITHIN].sort());
  });
});
