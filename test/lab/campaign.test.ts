import { describe, expect, test } from 'vitest';
import {
  type Counterexample,
  GUEST_NAMES,
  type GuestName,
  ROUND,
  runTrial,
  shrunk,
  type Trial,
  trialsOf,
} from '../../src/lab/campaign/index.js';
import { createMendedVm, type DefectName, flawsOf, step } from '../../src/mmu/index.js';
import { Command, VmConfig } from '../../src/mmu/schema/index.js';

const SEED = 20261128;

describe('a campaign', () => {
  test('puts every guest on every machine, then on two vCPUs', () => {
    const trials = first(2 * ROUND);
    expect(ROUND).toBe(360);
    expect(new Set(trials.map((trial) => JSON.stringify({ ...trial, seed: 0 }))).size).toBe(720);
    expect(new Set(trials.map(({ seed }) => seed)).size).toBe(720);
    expect(trials.slice(0, 4).map(({ guest }) => guest)).toEqual(GUEST_NAMES);
    expect(trials.map(({ vcpus }) => vcpus).indexOf(2)).toBe(ROUND);
  });

  test.each<[GuestName, object]>([
    ['hypervisor', { steps: 18_000, undecided: 2, refused: 404, known: 0 }],
    ['hostile', { steps: 18_000, undecided: 0, refused: 9, known: 0 }],
    ['pae', { steps: 18_000, undecided: 0, refused: 37, known: 3 }],
    ['32-bit', { steps: 18_000, undecided: 6, refused: 28, known: 5 }],
  ])('finds nothing wrong with a sound policy: %s', (guest, expected) => {
    const sum = { steps: 0, undecided: 0, refused: 0, known: 0 };
    for (const trial of first(ROUND).filter((trial) => trial.guest === guest)) {
      const { steps, undecided, refused, known, counterexample } = runTrial(trial, 200);
      expect(counterexample).toBe(null);
      sum.steps += steps;
      sum.undecided += undecided;
      sum.refused += refused;
      sum.known += known ? 1 : 0;
    }
    expect(sum).toEqual(expected);
  });

  test.each<[DefectName, GuestName]>([
    ['pcid-flush-skips-sync', 'hypervisor'],
    ['invept-spares-current', 'hypervisor'],
    ['sync-keeps-absent', 'hypervisor'],
    ['tracked-write-zaps-nothing', 'pae'],
    ['unsync-not-propagated', 'hypervisor'],
    ['rmap-loses-second-mapping', 'hostile'],
    ['tlb-tag-without-pcid', 'hostile'],
    ['pae-root-synced-in-part', 'pae'],
    ['fault-keeps-tlb-entry', 'pae'],
    ['sync-keeps-rights', '32-bit'],
    ['pge-toggle-ignored', '32-bit'],
  ])('finds %s by the guest %s, and shows it in a few commands', (defect, guest) => {
    for (const { paging, vcpus, seed } of first(3 * ROUND)) {
      const trial = { guest, paging, vcpus, seed, kernel: '6.1', policy: 'mainline' } as const;
      const { counterexample } = runTrial(trial, 500, [defect]);
      if (counterexample === null) continue;
      expect(counterexample.config.defects).toEqual([defect]);
      expect(counterexample.shown.length).toBeLessThan(12);
      expect(verdictsOn(counterexample)).toEqual([counterexample.says]);
      return;
    }
    throw new Error(`${defect} was not found`);
  });

  test('goes on without a hole that KVM has to this day, and says that it met one', () => {
    const on = { kernel: '6.1', policy: 'mainline', paging: 'shadow', vcpus: 1 } as const;
    const met = first(100).map(({ seed }) => runTrial({ ...on, guest: 'pae', seed }, 500));
    const known = met.filter((result) => result.known);
    expect(known.length).toBe(8);
    expect(
      known.every(({ steps, counterexample }) => steps === 500 && counterexample === null),
    ).toBe(true);
  });

  test('leaves out of a list what is not needed', () => {
    const list = Array.from({ length: 50 }, (_, i) => i);
    const fails = (some: readonly number[]) => some.includes(7) && some.includes(31);
    expect(shrunk(list, fails)).toEqual([7, 31]);
    // The first is needed for as long as the second is there.
    expect(shrunk([7, 31], (some) => some.includes(7) || !some.includes(31))).toEqual([]);
  });
});

/** What is said of the commands of a counterexample when they are carried out as they were printed. */
function verdictsOn({ config, commands }: Counterexample): string[] {
  const vm = createMendedVm(VmConfig.parse(config));
  const said: string[] = [];
  for (const command of commands) {
    step(vm, Command.parse(command), (_vcpu, event) => {
      if (event.kind === 'violation') said.push(event.message);
      return 0;
    });
  }
  return said.length > 0 ? said : flawsOf(vm).slice(0, 1);
}

function first(count: number): Trial[] {
  const trials = trialsOf(SEED);
  return Array.from({ length: count }, () => trials.next().value);
}
