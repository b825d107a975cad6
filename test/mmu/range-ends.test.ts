import { describe, expect, test } from 'vitest';
import { isMmuWritableSpte, spteAt } from '../../src/mmu/shadow/index.js';
import {
  createTlb,
  indexOfRef,
  pageOfRef,
  type Tlb,
  type TlbTag,
} from '../../src/mmu/state/index.js';
import { dropNumberFromTlb, dropPageFromTlb, fillTlb } from '../../src/mmu/tlb/entries.js';
import { createLab, type Lab } from './lab.js';
import { createGuest, DATA, DATA_GPA, DATA_PAGES, eventsOf, hex } from './paged-guest.js';

/** What lies at both ends of a range is dropped with it, and what lies beside it stays. */
describe('a TLB drops of a large page', () => {
  const SPAN = 512;
  const FIRST = 7 * SPAN;
  const TAG: TlbTag = { kind: 'linear', vpid: 1, pcid: 0, root: 0 };
  const INSIDE = [0, 1, 255, 510, 511].map((offset) => FIRST + offset);
  const BESIDE = [FIRST - SPAN, FIRST - 1, FIRST + SPAN, FIRST + 2 * SPAN - 1];

  /** Entries of a large page and of its neighbours, and so many of 4 KiB far away. */
  function filled(far: number): Tlb {
    const tlb = createTlb(Number.POSITIVE_INFINITY, { entries: 0 });
    for (const page of [...INSIDE, ...BESIDE])
      fillTlb(tlb, TAG, page, { gfn: 0, acc: 7, order: 9 });
    for (let i = 0; i < far; i += 1) fillTlb(tlb, TAG, 2 ** 20 + i, { gfn: 0, acc: 7, order: 0 });
    return tlb;
  }
  const near = ({ contexts }: Tlb) =>
    contexts.flatMap(({ entries }) => [...entries.keys()]).filter((page) => page < 2 ** 20);

  // It looks at every entry where there are few, and at every page of the large one where not.
  describe.each([
    ['few', 4],
    ['as many as pages in it', SPAN - INSIDE.length - BESIDE.length],
    ['one more', SPAN + 1 - INSIDE.length - BESIDE.length],
    ['many', 3 * SPAN],
  ])('all that was made of it, among %s entries', (_what, far) => {
    test.each(INSIDE)('if it is named by page %i', (page) => {
      const tlb = filled(far);
      dropPageFromTlb(tlb, () => true, page);
      expect(near(tlb)).toEqual(BESIDE);
      expect(tlb.size).toBe(BESIDE.length + far);
    });

    test.each([FIRST - 1, FIRST + SPAN])('nothing if page %i beside it is named', (page) => {
      const tlb = filled(far);
      dropPageFromTlb(tlb, () => true, page);
      expect(near(tlb).filter((one) => INSIDE.includes(one))).toEqual(INSIDE);
    });

    test('one number alone if that is meant', () => {
      const tlb = filled(far);
      dropNumberFromTlb(tlb, () => true, FIRST + 511);
      expect(near(tlb)).toEqual([...INSIDE.slice(0, -1), ...BESIDE]);
    });
  });
});

const GFN = DATA_GPA / 4096;
const ALL = Array.from({ length: DATA_PAGES }, (_, i) => i);

/** A guest that has written all of its pages of data. */
function written(...args: Parameters<typeof createGuest>): Lab {
  const lab = createGuest(...args);
  for (const i of ALL) lab.run({ kind: 'write', gva: hex(DATA + i * 4096), value: hex(GFN + i) });
  return lab;
}

describe.each(['shadow', 'ept'] as const)('with paging %s, unmap takes', (paging) => {
  test.each([
    ['one page', 4096, 4096, [1]],
    ['two pages', 4096, 8192, [1, 2]],
    ['two pages of which parts are meant', 4096 + 8, 4096, [1, 2]],
    ['the last page', 12_288, 4096, [3]],
    ['all', 0, 16_384, [0, 1, 2, 3]],
  ])('%s', (_what, offset, bytes, gone) => {
    const faulted = ALL.filter((i) => {
      // A fault makes entries ahead of the next one: so each page has a guest of its own.
      const lab = written({ paging, tlb: 'off' });
      lab.run({ kind: 'unmap', gpa: hex(DATA_GPA + offset), bytes });
      lab.run({ kind: 'read', gva: hex(DATA + i * 4096) });
      return eventsOf(lab, 'page-fault').length > 0;
    });
    expect(faulted).toEqual(gone);
  });
});

/** Pages of data that some shadow page lets the guest write. */
function writable({ vm: { shadow } }: Lab): number[] {
  return ALL.filter((i) =>
    (shadow.rmaps.get(GFN + i) ?? []).some((ref) =>
      isMmuWritableSpte(spteAt(pageOfRef(shadow, ref), indexOfRef(ref))),
    ),
  );
}

test.each([
  [0, 1, [1, 2, 3]],
  [1, 2, [0, 3]],
  [3, 1, [0, 1, 2]],
  [0, 4, []],
])('a dirty log of the memslot from page %i, %i long, protects it alone', (at, count, left) => {
  const gpa = DATA_GPA + at * 4096;
  const end = gpa + count * 4096;
  const lab = written({
    memory: {
      memslots: [
        { gpa: '0x0', bytes: gpa },
        { gpa: hex(gpa), bytes: count * 4096 },
        { gpa: hex(end), bytes: 16 * 2 ** 20 - end },
      ],
    },
  });
  expect(writable(lab)).toEqual(ALL);
  lab.run({ kind: 'dirty-log', slot: 1, enabled: true });
  expect(writable(lab)).toEqual(left);
});

test.each([1, 2, 5])('a broadcast reaches each of %i vCPUs', (vcpus) => {
  const lab = createLab({ vcpus });
  for (let vcpu = 0; vcpu < vcpus; vcpu += 1) lab.run({ kind: 'enter', vcpu });
  lab.run({ kind: 'zap-all' });
  const reached = lab.events.flatMap((event) =>
    event.kind === 'request-made' ? [event.request] : [],
  );
  expect(reached).toEqual(Array(vcpus).fill('MMU_FREE_OBSOLETE_ROOTS'));
  expect(lab.vm.vcpus.every(({ requests }) => requests !== 0)).toBe(true);
});
