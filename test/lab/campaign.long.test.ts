import { describe, test } from 'vitest';
import { GUEST_NAMES } from '../../src/lab/campaign/index.js';
import { SEEN } from './campaign-finders.js';
import { expectNothing, expectSeen } from './trials.js';

describe('a campaign', () => {
  test.each(GUEST_NAMES)('finds nothing wrong with a sound policy of any machine: %s', (guest) => {
    expectNothing(guest, { steps: 200, oneOf: 1 });
  });

  test.each(SEEN)('sees %s', (defect, finder) => {
    expectSeen(defect, finder);
  });
});
