import { expect, test } from 'vitest';
import type { Machines } from '../../stress/dear/machines.js';
import { dearRequests } from '../../stress/dear/requests.js';
import { operationFor, readDescription } from '../../stress/fuzz/description.js';

const MACHINES: Machines = {
  busy: 'vm-1',
  forgotten: 1,
  full: 'vm-2',
  wide: 'vm-3',
  raced: 'vm-4',
  shadowed: 'vm-5',
  wordy: 'vm-6',
  long: 'vm-7',
  crowd: 'vm-8',
  job: 'job-1',
  trace: 'job-2',
  traced: 'vm-9',
};

/** An open stream has no end: `test/server/watchers.test.ts` and the soak have readers. */
const ENDLESS = ['followVms'];

test('every operation has a dear request', () => {
  const description = readDescription();
  const asked = new Set(
    dearRequests(MACHINES).map(({ method, path }) => {
      const [pathname = ''] = path.split('?');
      return operationFor(description, method, pathname)?.id;
    }),
  );
  const unasked = description.operations.map(({ id }) => id).filter((id) => !asked.has(id));
  expect(unasked).toEqual(ENDLESS);
});
