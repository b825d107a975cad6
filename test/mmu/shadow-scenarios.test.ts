import { describe, expect, test } from 'vitest';
import type { PolicyName } from '../../src/mmu/index.js';
import { kindsOf, type Lab, slotsOf } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  entryFor,
  eventsOf,
  frameAt,
  gfnsOf,
  hex,
  noFlush,
  PD,
  PT,
  ROOTS,
  writeEntry,
} from './paged-guest.js';
import { EPT_PT, EPTP, enterL2, runL2In, startHypervisor } from './paged-hypervisor.js';

const [A, B] = ROOTS;
const ENTER = { kind: 'enter' } as const;
const READ = { kind: 'read', gva: hex(DATA) } as const;
const ELSEWHERE = entryFor(0x15000);
const MARKING: readonly PolicyName[] = ['need-sync', 'unsync-roots', 'cached-roots'];
const FREEING: readonly PolicyName[] = ['mainline', 'mainline-5.14'];

/** PCID 2 and root B in use; PCID 1 and root A cached, with or without an edit of its table. */
function switched(policy: PolicyName, { edited }: { edited: boolean }): Lab {
  const lab = createGuest({ policy });
  lab.run({ kind: 'mov-cr4', value: '0x200a0' });
  lab.run(noFlush(A + 1));
  frameAt(lab, DATA);
  lab.run(noFlush(B + 2));
  frameAt(lab, DATA);
  if (edited) writeEntry(lab, PT, ELSEWHERE);
  return lab;
}

/** What a switch back brings, up to and with the entry: loads, syncs and flushes. */
function switchBack(lab: Lab): string[] {
  lab.run(noFlush(A + 1));
  const kinds = kindsOf(lab.events);
  lab.run(ENTER);
  const told = ['root-reused', 'root-allocated', 'page-synced', 'request-serviced MMU_SYNC'];
  return [...kinds, ...kindsOf(lab.events)].filter((kind) => told.includes(kind));
}

/** Kernel reference, 20.6. */
describe('scenarios 3 and 4: INVPCID of a cached PCID, then a switch back without a flush', () => {
  test.each(FREEING)('%s loads the page that it finds again', (policy) => {
    const seen = [true, false].map((edited) => {
      const lab = switched(policy, { edited });
      lab.run({ kind: 'invpcid', type: 1, pcid: 1, gva: '0x0' });
      return [switchBack(lab), frameAt(lab, DATA)];
    });
    expect(seen).toEqual([
      [['root-allocated', 'page-synced'], 0x15],
      [['root-allocated'], 0x10],
    ]);
  });

  test.each(MARKING)('%s hits, and syncs on request', (policy) => {
    const seen = [true, false].map((edited) => {
      const lab = switched(policy, { edited });
      lab.run({ kind: 'invpcid', type: 1, pcid: 1, gva: '0x0' });
      return [switchBack(lab), frameAt(lab, DATA)];
    });
    expect(seen).toEqual([
      [['root-reused', 'request-serviced MMU_SYNC', 'page-synced'], 0x15],
      [['root-reused', 'request-serviced MMU_SYNC'], 0x10],
    ]);
  });

  test('without the INVPCID nobody syncs, and the old frame may be read', () => {
    const lab = switched('mainline', { edited: true });
    expect([switchBack(lab), frameAt(lab, DATA)]).toEqual([['root-reused'], 0x10]);
  });
});

describe('scenario 5: INVPCID of everything, with cached roots that are unsync and one that is not', () => {
  test.each<[PolicyName, string]>([
    ['mainline', '110003 110002 - -'],
    ['mainline-5.14', '110003 - - -'],
    ['need-sync', '110003 110002* 100001* 100000*'],
    ['cached-roots', '110003 110002* 100001* 100000*'],
  ])('%s', (policy, after) => {
    const lab = switched(policy, { edited: true });
    lab.run(noFlush(B + 3));
    lab.run(ENTER);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('110003 110002 100001 100000');
    lab.run({ kind: 'invpcid', type: 2, pcid: 0, gva: '0x0' });
    lab.run(ENTER);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe(after);
    lab.run(noFlush(A + 1));
    expect(frameAt(lab, DATA)).toBe(0x15);
  });
});

describe('scenario 8: INVEPT of the current root of L2, then VMRESUME', () => {
  test.each<[PolicyName, string]>([
    ['mainline', 'root-allocated'],
    ['need-sync', 'root-allocated'],
    ['unsync-roots', 'root-reused'],
    ['cached-roots', 'root-reused'],
    ['invept-deferred', 'root-reused'],
  ])('%s: %s', (policy, kind) => {
    const lab = startHypervisor({ policy });
    runL2In(lab, READ);
    writeEntry(lab, EPT_PT + (DATA_GPA / 4096) * 8, 0x15337);
    lab.run({ kind: 'invept', type: 1, eptp: hex(EPTP) });
    lab.run({ kind: 'vmresume' });
    const switching = kindsOf(lab.events);
    lab.run(ENTER);
    const told = ['root-allocated', 'root-reused'];
    expect([...switching, ...kindsOf(lab.events)].filter((one) => told.includes(one))).toEqual([
      kind,
    ]);
    expect(gfnsOf(lab, 'page-synced')).toEqual([EPT_PT / 4096]);
    expect(lab.run(READ)).toMatchObject({ value: { low: 0x15 } });
  });
});

describe('scenario 15: another vCPU has synced the page of a marked root', () => {
  test.each(MARKING)('%s still flushes: the TLB may hold what was there before', (policy) => {
    const lab = createGuest({ policy, vcpus: 2 });
    for (const vcpu of [0, 1]) {
      lab.run({ kind: 'mov-cr4', vcpu, value: '0x200a0' });
      lab.run({ ...noFlush(A + 1), vcpu });
      frameAt(lab, DATA, vcpu);
    }
    lab.run(noFlush(B + 2));
    frameAt(lab, DATA);
    writeEntry(lab, PT, ELSEWHERE);
    lab.run({ kind: 'invpcid', type: 1, pcid: 1, gva: '0x0' });
    lab.run({ kind: 'mov-cr3', vcpu: 1, value: hex(A + 1) });
    expect(frameAt(lab, DATA, 1)).toBe(0x15);
    expect(switchBack(lab)).toEqual(['root-reused', 'request-serviced MMU_SYNC']);
    expect(frameAt(lab, DATA)).toBe(0x15);
  });
});

describe('an invalidation of one address', () => {
  /** Both PCIDs have used the data through one table, which is edited then. */
  function shared(): Lab {
    const lab = createGuest();
    writeEntry(lab, B + 0x2010, PT + 0x67);
    lab.run({ kind: 'mov-cr4', value: '0x200a0' });
    for (const cr3 of [A + 1, B + 2]) {
      lab.run(noFlush(cr3));
      expect(frameAt(lab, DATA)).toBe(0x10);
    }
    for (const index of [0, 1]) writeEntry(lab, PT + index * 8, ELSEWHERE);
    return lab;
  }

  test('by INVLPG reaches the cached roots, whose tables are others', () => {
    const lab = createGuest();
    lab.run({ kind: 'mov-cr4', value: '0x200a0' });
    for (const cr3 of [A + 1, B + 2]) {
      lab.run(noFlush(cr3));
      frameAt(lab, DATA);
    }
    writeEntry(lab, PT, ELSEWHERE);
    lab.run({ kind: 'invlpg', gva: hex(DATA) });
    lab.run(noFlush(A + 1));
    expect(frameAt(lab, DATA)).toBe(0x15);
  });

  test('by INVLPG reaches one page alone', () => {
    const lab = shared();
    lab.run({ kind: 'invlpg', gva: hex(DATA) });
    lab.run(noFlush(A + 1));
    expect([frameAt(lab, DATA), frameAt(lab, DATA + 4096)]).toEqual([0x15, 0x11]);
  });

  test.each([
    [1, 0x15],
    [7, 0x10],
  ])('by INVPCID reaches the roots of PCID %i', (pcid, frame) => {
    const lab = shared();
    lab.run({ kind: 'invpcid', type: 0, pcid, gva: hex(DATA) });
    expect(lab.vcpu.counters.invlpg).toBe(1);
    lab.run(noFlush(A + 1));
    expect(frameAt(lab, DATA)).toBe(frame);
  });

  test('ends where nothing is unsync: a table above has been followed already', () => {
    const lab = createGuest();
    frameAt(lab, DATA);
    writeEntry(lab, PD + 2 * 8, B + 0x3067);
    lab.run({ kind: 'invlpg', gva: hex(DATA) });
    expect(kindsOf(lab.events)).not.toContain('page-synced');
    expect(frameAt(lab, DATA)).toBe(0x14);
  });

  test('of an address that is not canonical is a NOP', () => {
    const lab = shared();
    lab.run({ kind: 'invlpg', gva: '0x800000000000' });
    expect(eventsOf(lab, 'tlb-flushed')).toEqual([]);
  });
});

test('L2 keeps its shadow of the EPT while L1 runs, and L1’s edits make it unsync', () => {
  const lab = startHypervisor();
  runL2In(lab, READ);
  writeEntry(lab, EPT_PT + (DATA_GPA / 4096) * 8, 0x15337);
  expect(gfnsOf(lab, 'page-unsynced')).toEqual([EPT_PT / 4096]);
  enterL2(lab);
  expect(lab.run(READ)).toMatchObject({ value: { low: 0x10 } });
});
