import { describe, test } from 'vitest';
import { WORKLOAD_NAMES } from '../../src/lab/index.js';
import { expectShared, expectSums } from './races.js';

describe.each(WORKLOAD_NAMES)('a race over %s', (name) => {
  test('agrees with what the vCPUs counted', () => {
    expectSums(name, 1200);
  });

  test('comes out the same if lanes share a machine until they part', () => {
    expectShared(name, 900);
  });
});
