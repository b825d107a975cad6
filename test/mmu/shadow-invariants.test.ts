import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DefectName, flawsOf } from '../../src/mmu/index.js';
import { run } from './random-commands.js';
import { apply, begin } from './random-guest.js';

const RUNS = { numRuns: 100, seed: 20260726 };

/** No command of a run leaves a flaw in the shadow pages of a machine with these defects. */
const flawlessWith = (...defects: DefectName[]) =>
  fc.property(run, ({ config, ...one }) => {
    const lab = begin({ ...one, config: { ...config, defects } });
    for (const command of one.commands) {
      apply(lab.vm, command);
      expect(flawsOf(lab.vm)).toEqual([]);
    }
  });

describe('a random run, whatever policy, kernel and mode', () => {
  test('leaves no flaw in the shadow pages after any command, and throws nothing', () => {
    fc.assert(flawlessWith(), RUNS);
  });

  test.each([
    'unsync-not-propagated',
    'link-hides-unsync',
    'rmap-loses-second-mapping',
    'write-tracking-lost',
  ] as const)('leaves one where the model has the defect %s', (defect) => {
    expect(fc.check(flawlessWith(defect), { ...RUNS, endOnFailure: true }).failed).toBe(true);
  });

  test('ends the same way and tells the same events when it is run again', () => {
    const isSame = fc.property(run, (one) => {
      const [first, second] = [begin(one), begin(one)];
      for (const command of one.commands) {
        expect(apply(second.vm, command)).toBe(apply(first.vm, command));
      }
    });
    fc.assert(isSame, { ...RUNS, numRuns: 30 });
  });
});
