import { expect, test } from 'vitest';
import { judgeCases } from '../../conformance/judge/index.js';

/** A case that replays a bug of the past, as the files tell it. */
function replay(source: string, steps: readonly string[], correct: string) {
  const expectation = { correct, buggy: 'something else' };
  return {
    id: 'x-1',
    area: 'bug-replay',
    op: 'SEQ',
    setup: {},
    args: { steps },
    expect: expectation,
    source,
  };
}

const INVEPT = 'KVM: nVMX: Validate the EPTP when emulating INVEPT(EXTENT_CONTEXT)';
const THREE = [
  'INVEPT type 1 with EPTP memtype 2',
  'INVEPT type 1 with EPTP reserved bit 11 set',
  'INVEPT type 1 with EPTP above MAXPHYADDR',
];

test.each([
  replay(INVEPT, THREE, 'VMfail 28 three times, no flush needed'),
  replay(
    'ce8fe7b77bd8 KVM: nVMX: Free only the affected contexts when emulating INVEPT',
    [
      'run L2 with a and then b, both cache x',
      'L1 edits leaf of x to not-present',
      'L1 INVEPT type 1 with EPTP a',
      'run L2 with b, read x',
    ],
    'EPT violation',
  ),
  replay(
    '9d88fca71a99 KVM: x86: MOV to CR3 can set bit 63',
    ['MOV CR3 0x8000000000001005', 'read CR3'],
    '0x1005, no exception',
  ),
  replay(
    '12ec33a70574 KVM: X86: Fix when shadow_root_level=5 && guest root_level<4',
    [
      'L1 32-bit PAE enters L2 with nested paging',
      'L2 touches an address',
      'the hypervisor walks the shadow tables for that address',
    ],
    'walk starts at the PAE root, level 3, index bits 31:30',
  ),
])('the model does what the mended kernel does: $source', (item) => {
  expect(judgeCases([item])).toEqual({ passed: 1, failures: [], skipped: {} });
});

test.each([
  ['source "moon"', replay('moon', THREE, 'VMfail 28 three times')],
  ['step "reboot"', replay(INVEPT, [...THREE.slice(0, 2), 'reboot'], 'VMfail 28 three times')],
  ['step "one more"', replay(INVEPT, [...THREE, 'one more'], 'VMfail 28 three times')],
  ['2 steps', replay(INVEPT, THREE.slice(0, 2), 'VMfail 28 three times')],
  ['expectation "VMsucceed"', replay(INVEPT, THREE, 'VMsucceed')],
  ['Hyper-V hypercalls', replay('fa787ac07b3c KVM: x86/hyper-v: Skip', [], 'skipped')],
])('is skipped by name: %s', (reason, item) => {
  expect(judgeCases([item])).toEqual({
    passed: 0,
    failures: [],
    skipped: { [`x-1: no rule for ${reason}`]: 1 },
  });
});
