import { describe, expect, test } from 'vitest';
import { judgeCases } from '../../conformance/judge/index.js';
import { readReplays } from '../../conformance/judge/read/replay/index.js';
import { replayDifferences } from '../../conformance/judge/run/replay.js';
import type { DefectName } from '../../src/mmu/index.js';
import type { Facts } from './architecture-rows.js';

/** A bug in short: what the case says of the machine, its steps, and what it calls correct. */
type Told = readonly [setup: Facts, steps: readonly string[], correct: string];

function caseOf([setup, steps, correct]: Told) {
  const expectation = { correct, buggy: 'something else' };
  return { id: 'x-1', area: 'bug-replay', op: 'SEQ', setup, args: { steps }, expect: expectation };
}

function judged(told: Told) {
  const { passed, failures, skipped } = judgeCases([caseOf(told)]);
  return [passed, failures.length, ...Object.keys(skipped)];
}

const THREE = [
  'INVEPT type 1 with EPTP memtype 2',
  'INVEPT type 1 with EPTP reserved bit 11 set',
  'INVEPT type 1 with EPTP above MAXPHYADDR',
];
const FLUSHED = [
  'MOV CR3 A|1 flush; touch X',
  'MOV CR3 B|1 no-flush; touch Y (A|1 and B|1 both cached)',
  'edit PTE of X in A',
  'MOV CR3 B|1 flush (must invalidate PCID 1 for any root)',
  'MOV CR3 A|1 no-flush',
  'read X',
];
const SAME_EP4TA = { eptp_a: '0x5000|0x1e', eptp_b: '0x5000|0x5e' };
const ROOT = { context: 'VMX root', caps: 'default' };

/** Bugs by the defect that stands for them, as the architecture reference tells them. */
const BUGS: readonly (readonly [DefectName, ...Told])[] = [
  ['invept-eptp-unchecked', ROOT, THREE, 'VMfail 28 three times, no flush needed'],
  [
    'invept-matches-whole-eptp',
    SAME_EP4TA,
    [
      'run L2 with a and then b, both cache x',
      'L1 edits leaf of x to not-present',
      'L1 INVEPT type 1 with EPTP a',
      'run L2 with b, read x',
    ],
    'EPT violation',
  ],
  [
    'invvpid-keeps-l2-roots',
    { ept: 0, l2: 'two CR3 values, c1 and c2', vpid12: 5 },
    [
      'L2 runs with c1 (shadow root s1), then c2 (s1 becomes previous root)',
      'VM exit; L1 edits a PTE reached from c1 (unsync shadow page)',
      'L1 INVVPID type 1 VPID 5',
      'VM entry; L2 MOV CR3 c1 with no-flush bit; L2 reads the edited page',
    ],
    'new frame',
  ],
  ['mov-cr3-syncs-current-only', { shadow: 1, pcide: 1 }, FLUSHED, 'new frame: all of PCID 1 went'],
  [
    'pcide-keeps-roots',
    { shadow: 1, pcide: 0 },
    [
      'CR3=A (current), B cached as previous root, both PCID 0',
      "edit the user part of B's tables, leaf stays unsync",
      'INVPCID type 1 PCID 0 (architecturally removes everything of PCID 0)',
      'CR4.PCIDE 0->1 with CR3[11:0]=0',
      'MOV CR3 B|0 with bit 63',
      'user access to the edited page',
    ],
    'new mapping: PCID 0 was flushed after the edit',
  ],
  [
    'pdptes-kept',
    { mode: 'PAE paging', cr3: '0x3000' },
    [
      'PDPTE0 -> table T1, read X',
      'write PDPTE0 -> table T2 in memory',
      'MOV CR3 0x3000 (same value)',
      'read X',
      'variant: toggle CR4.PGE instead of MOV CR3',
    ],
    'X translated through T2',
  ],
  [
    'mmio-over-present',
    { shadow: 1 },
    [
      'guest PTE -> RAM gfn, leaf present',
      'host side write changes the PTE to a GPA without memslot',
      'guest touches the address: MMIO leaf is installed',
      'check rmap of the old gfn and TLB',
    ],
    'old leaf removed from rmap and TLB flushed before the MMIO marker goes in',
  ],
  [
    'ept-bit-7-unchecked',
    { ept12: 'bit 7 set in a level-4 EPT entry' },
    ['L1 sets bit 7 in an EPT PML4 entry', 'L2 accesses an address under it'],
    'EPT misconfig exit 49 (bit 7 reserved at level 4)',
  ],
  [
    'cr3-bit-63-kept',
    { pcide: 1 },
    ['MOV CR3 0x8000000000001005', 'read CR3'],
    '0x1005, no exception',
  ],
  [
    'pae-root-unknown',
    { shadow_root_level: 5, guest: 'root level 3 (PAE)' },
    [
      'L1 32-bit PAE enters L2 with nested paging',
      'L2 touches an address',
      'the hypervisor walks the shadow tables for that address',
    ],
    'walk starts at the PAE root, level 3, index bits 31:30',
  ],
  [
    'hv-flush-non-canonical',
    { hypercall: 'HvFlushVirtualAddressList' },
    [
      'list contains 0xaaaaaaaaaaaaaaaa and a valid address',
      'hypercall',
      'read the valid address after a PTE change',
    ],
    'bad entry skipped, valid one flushed',
  ],
  // Of the same kinds, in other words and in another order.
  [
    'tdp-pcid-unflushed',
    { tdp: 1 },
    ['PCID 5: read X', 'MOV CR3 PCID 7 no-flush; edit PTE of X', 'INVPCID type 1, PCID 5'].concat([
      'MOV CR3 PCID 5 with bit 63 set; read X (once)',
    ]),
    'new mapping',
  ],
  [
    'guest-flush-names-vpid01',
    { vpid: 'on' },
    ['L2 reads X, L2 edits PTE of X', 'L2 toggles CR4.PGE; L2 accesses X'],
    'new frame',
  ],
  [
    'new-vpid12-unsynced',
    { ept: 0 },
    ['L2 caches X', 'VM exit; L1 edits a PTE of X', 'L1 sets VPID=9; VM entry', 'L2 reads X'],
    'new mapping',
  ],
];

describe.each(BUGS)('%s', (defect, ...told) => {
  test('the model does what the mended kernel does', () => {
    expect(judged(told)).toEqual([1, 0]);
  });

  test('a model with the bug does not', () => {
    const caught = readReplays(caseOf(told)).flatMap(({ config, ...replay }) =>
      replayDifferences({ ...replay, config: { ...config, defects: [defect] } }),
    );
    expect(caught).not.toEqual([]);
  });
});

test('a fault that the model need not raise may come or not', () => {
  const told: Told = [
    { shadow: 'unsync leaf' },
    [
      'guest PTE is read-only, shadow leaf read-only',
      'guest sets W (0->1, no INVLPG)',
      'emulated write by the hypervisor faults on the stale read-only entry, #PF 0x3 injected',
      'guest handler sees PTE already writable, retries',
      'second write',
    ],
    'second write succeeds (fault invalidated the cached entry); faults with error P=0 are exempt',
  ];
  expect(judged(told)).toEqual([1, 0]);
});

test('the steps decide, whatever the source says', () => {
  const item = { ...caseOf([{ pcide: 1 }, FLUSHED, 'new frame']), source: '0123456789ab moon' };
  expect(judgeCases([item])).toEqual({ passed: 1, failures: [], skipped: {} });
});

test('a wrong expectation fails, and says what came', () => {
  const kept = FLUSHED.filter((step) => !step.startsWith('MOV CR3 B|1 flush'));
  const { failures } = judgeCases([
    caseOf([{ nested: 0 }, ['guest executes INVEPT'], '#GP both times']),
    caseOf([{ shadow: 1, pcide: 1 }, kept, 'new frame']),
  ]);
  expect(failures).toEqual([
    {
      where: 'x-1 SEQ',
      expected: '{"kind":"fault","vector":"#GP"}',
      came: 'ept: invept: {"kind":"fault","vector":"#UD","errorCode":null}',
    },
    {
      where: 'x-1 SEQ',
      expected: '{"kind":"ok","value":"0x1a"}',
      came: 'shadow: read: {"kind":"ok","value":"0x10"}',
    },
  ]);
});

test.each<readonly [string, ...Told]>([
  ['step "reboot"', ROOT, [...THREE.slice(0, 2), 'reboot'], 'VMfail 28 three times'],
  ['EPTP "the moon"', ROOT, ['INVEPT type 1 with EPTP the moon'], 'VMfail 28'],
  ['page "moon"', {}, ['read moon'], 'new frame'],
  ['expectation "VMsucceed"', ROOT, THREE, 'VMsucceed'],
  ['outcome "moon"', ROOT, THREE, 'moon three times'],
  ['steps that do not end with a read', {}, ['MOV CR3 B flush'], 'new frame'],
  ['steps without an instruction', {}, ['read X'], 'no exception'],
  ['accesses without an outcome each', {}, ['read X'], 'ok, #PF 0x3'],
  ['steps', {}, 'read X' as never, 'new frame'],
  ['setup key cpl', { cpl: 3 }, ['read X'], 'new frame'],
  ['setup vpid12 "moon"', { vpid12: 'moon' }, ['L2 reads X'], 'new frame'],
  ['hypercall "HvSignalEvent"', { hypercall: 'HvSignalEvent' }, ['hypercall'], 'new frame'],
  ['physical CPUs', { pcpu: 2 }, ['L2 runs on pCPU1 and caches X'], 'new frame'],
  [
    'address spaces of system-management mode',
    { smm: 'two memslot address spaces' },
    ['in SMM: gfn G used as an upper-level page table (tracked)'],
    'write is intercepted and the shadow is kept in step',
  ],
])('is skipped by name: %s', (reason, ...told) => {
  expect(judged(told)).toEqual([0, 0, `x-1: no rule for ${reason}`]);
});
