import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isKeepingStated, KeepingWatch } from '../../src/lab/keeping/index.js';
import { CommandRefused, type DefectName, step } from '../../src/mmu/index.js';
import { Command } from '../../src/mmu/schema/index.js';
import { run } from '../mmu/random-commands.js';
import { begin } from '../mmu/random-guest.js';

const RUNS = { numRuns: 120, seed: 20261130 };

/** A run on a machine of which it is stated what it keeps. */
const onMainline = run.map((one) => {
  const kernel = one.config.kernel?.startsWith('5.') ? '6.1' : (one.config.kernel ?? '6.1');
  return { ...one, config: { ...one.config, kernel, policy: 'mainline' as const } };
});

/** Whatever befalls a guest, nothing that must stay is thrown away. */
const keepsWith = (...defects: DefectName[]) =>
  fc.property(onMainline, ({ config, ...one }) => {
    const { vm } = begin({ ...one, config: { ...config, defects } });
    expect(isKeepingStated(vm.config)).toBe(true);
    for (const input of one.commands) {
      const command = Command.parse(input);
      const watch = new KeepingWatch(vm, command);
      try {
        step(vm, command, (vcpu, event) => {
          watch.see(vcpu, event);
          return 0;
        });
      } catch (error) {
        if (!(error instanceof CommandRefused)) throw error;
        continue;
      }
      expect(watch.verdict()).toBe(null);
    }
  });

describe('a random run under mainline, whatever kernel and mode', () => {
  test('throws away nothing that must stay', () => {
    fc.assert(keepsWith(), RUNS);
  });

  test.each(['guest-flush-asks-first'] as const)('unless there is a defect: %s', (defect) => {
    const found = fc.check(keepsWith(defect), { ...RUNS, numRuns: 600, endOnFailure: true });
    expect(found.failed).toBe(true);
  });
});
