import { expect, test } from 'vitest';
import { KERNEL_RELEASES } from '../../src/mmu/index.js';
import { runHostile } from './hostile-runs.js';

test.each(KERNEL_RELEASES)('no command breaks the model of %s in a long run', (kernel) => {
  const { broken, carriedOut } = runHostile(kernel, { from: 1000, seeds: 1500, commands: 200 });
  expect(broken).toEqual([]);
  expect(carriedOut).toBeGreaterThan(100_000);
});
