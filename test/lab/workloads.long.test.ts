import { describe, test } from 'vitest';
import { WORKLOAD_NAMES } from '../../src/lab/index.js';
import { KERNEL_VERSIONS } from '../../src/mmu/index.js';
import { expectSound, expectSoundAt } from './sound-workloads.js';

const COMMANDS = 5000;

describe.each(WORKLOAD_NAMES)('%s', (name) => {
  test.each(KERNEL_VERSIONS)('reads what it must under every policy of %s', (kernel) => {
    expectSound(name, kernel, COMMANDS);
  });

  test.each(['min', 'max'] as const)('runs with every parameter at its %s', (end) => {
    expectSoundAt(end, name, COMMANDS);
  });
});
