import { describe, expect, test } from 'vitest';
import { runTrial, shrunk, trialsOf } from '../../src/lab/campaign/index.js';
import type { DefectName } from '../../src/mmu/index.js';

const SEED = 20261128;
/** One trial of every policy under every kernel and paging. */
const MACHINES = 90;

describe('a campaign', () => {
  test('finds nothing wrong with a sound policy, whatever the kernel and the paging', () => {
    const sum = { steps: 0, undecided: 0, known: 0 };
    const trials = trialsOf(SEED);
    for (let i = 0; i < MACHINES; i += 1) {
      const trial = trials.next().value;
      const { steps, undecided, known, counterexample } = runTrial(trial, 200);
      expect(counterexample).toBe(null);
      sum.steps += steps;
      sum.undecided += undecided;
      sum.known += known ? 1 : 0;
    }
    expect(sum).toEqual({ steps: 18_000, undecided: 0, known: 0 });
  });

  test.each<DefectName>([
    'pcid-flush-skips-sync',
    'invept-spares-current',
    'sync-keeps-absent',
    'tracked-write-zaps-nothing',
    'unsync-not-propagated',
  ])('finds %s, and shows it in a few commands', (defect) => {
    const trials = trialsOf(SEED);
    for (let i = 0; i < 10 * MACHINES; i += 1) {
      const trial = { ...trials.next().value, kernel: '6.1', policy: 'mainline' } as const;
      const { counterexample } = runTrial(trial, 500, [defect]);
      if (counterexample === null) continue;
      expect(counterexample.config.defects).toEqual([defect]);
      expect(counterexample.shown.length).toBeLessThan(12);
      return;
    }
    throw new Error(`${defect} was not found`);
  });

  test('leaves out of a list what is not needed', () => {
    const list = Array.from({ length: 50 }, (_, i) => i);
    const fails = (some: readonly number[]) => some.includes(7) && some.includes(31);
    expect(shrunk(list, fails)).toEqual([7, 31]);
  });
});
