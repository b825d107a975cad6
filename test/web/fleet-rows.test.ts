import { expect, test } from 'vitest';
import type { VmSummary } from '../../web/api/wire.js';
import { fleetRows, fleetWords } from '../../web/home/fleet-rows.js';

const vm = (number: number, also: Partial<VmSummary> = {}): VmSummary => ({
  id: `vm-${number}`,
  seq: 0,
  name: null,
  tags: {},
  poisoned: false,
  failure: null,
  found: { violations: 0, undecided: 0 },
  vcpus: 1,
  policy: 'mainline',
  kernel: '6.1',
  vendor: 'vmx',
  paging: 'shadow',
  ...also,
});

const FLEET = [
  vm(1, { name: 'suite-1', tags: { run: 'nightly', shard: '2' } }),
  vm(2, { found: { violations: 3, undecided: 0 }, policy: 'need-sync' }),
  vm(3, { found: null, paging: 'ept' }),
  vm(4, { poisoned: true, failure: 'invept: no such root' }),
  vm(5, { name: 'Suite-5', tags: { run: 'weekly' }, kernel: '5.14' }),
];

test.each([
  ['', [4, 2, 5, 3, 1]],
  ['violations>0', [2]],
  ['violations>3', []],
  ['tag:run', [5, 1]],
  ['tag:run=nightly', [1]],
  ['tag:shard tag:run', [1]],
  ['policy:need-sync', [2]],
  ['policy:need', []],
  ['paging:ept', [3]],
  ['kernel:5.14', [5]],
  ['name:suite', [1]],
  ['suite', [5, 1]],
  ['  weekly   suite ', [5]],
  ['tag:', []],
])('the filter "%s" leaves these, wrong ones first and then the newest', (filter, numbers) => {
  expect(fleetRows(FLEET, filter).map(({ id }) => id)).toEqual(numbers.map((n) => `vm-${n}`));
});

test('what is alive and what is wrong is said in a sentence', () => {
  expect(fleetWords([])).toBe('No VM yet');
  expect(fleetWords([vm(1)])).toBe('1 VM, nothing wrong');
  expect(fleetWords(FLEET)).toBe('5 VMs, 2 with something wrong');
});
