import { expect, test } from 'vitest';
import { KERNEL_RELEASES } from '../../src/mmu/index.js';
import { runHostile } from './hostile-runs.js';

test.each(KERNEL_RELEASES)('no command breaks the model of %s, and each has an end', (kernel) => {
  const { broken, carriedOut, accessed } = runHostile(kernel, {
    from: 1,
    seeds: 10,
    commands: 120,
  });
  expect(broken).toEqual([]);
  // Guests that get nowhere would show nothing.
  expect(carriedOut).toBeGreaterThan(500);
  expect(accessed).toBeGreaterThan(50);
});
