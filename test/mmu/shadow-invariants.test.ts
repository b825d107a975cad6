import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flawsOf } from '../../src/mmu/index.js';
import { run } from './random-commands.js';
import { apply, begin } from './random-guest.js';

const RUNS = { numRuns: 100, seed: 20260726 };

describe('a random run, whatever policy, kernel and mode', () => {
  test('leaves no flaw in the shadow pages after any command, and throws nothing', () => {
    const noFlaw = fc.property(run, (one) => {
      const lab = begin(one);
      for (const command of one.commands) {
        apply(lab.vm, command);
        expect(flawsOf(lab.vm)).toEqual([]);
      }
    });
    fc.assert(noFlaw, RUNS);
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
