import { describe, expect, test } from 'vitest';
import { KERNEL_VERSIONS } from '../../src/mmu/index.js';
import {
  accOfSpte,
  isMmioSpte,
  isPresentSpte,
  NO_SPTE,
  spteAt,
  targetOf,
} from '../../src/mmu/shadow/index.js';
import type { ShadowPage } from '../../src/mmu/state/index.js';
import type { Lab, LabCommand } from './lab.js';
import { createGuest, DATA, DATA_GPA, hex, PT, PTE, ROOTS, writeEntry } from './paged-guest.js';

/** Frames in no memslot. */
const NOWHERE = 0x2000000;
const NOWHERE_TOO = 0x2001000;
const MEMORY = { memslots: [{ gpa: '0x0', bytes: NOWHERE }] };

/** What the shadow of the guest's table of level 1 holds in its first entry. */
function firstEntry({ vm }: Lab): string {
  const page = vm.shadow.byGfn.get(PT / 4096) as ShadowPage;
  const spte = spteAt(page, 0);
  if (spte === NO_SPTE) return '-';
  const frame = targetOf(spte).toString(16);
  if (isMmioSpte(spte)) return `${frame} mmio`;
  if (!isPresentSpte(spte)) return `${frame} not present`;
  // `ACC_*`: execute, write, user.
  const acc = accOfSpte(spte);
  return `${frame} r${acc & 2 ? 'w' : ''}${acc & 1 ? 'x' : ''}${acc & 4 ? 'u' : ''}`;
}

/**
 * Sorts of entry that the shadow of a table of level 1 can hold, by what brings them there: the
 * guest's entry, and an access. A guest's entry that is not there yet has no shadow.
 */
const SORTS: Record<string, { entry: number; use: LabCommand | null; held: string }> = {
  'no entry': { entry: DATA_GPA + PTE, use: null, held: '-' },
  'a writable leaf': {
    entry: DATA_GPA + PTE,
    use: { kind: 'write', gva: hex(DATA), value: '0x10' },
    held: '10 rwxu',
  },
  'a leaf that is only read': {
    entry: DATA_GPA + 0x65,
    use: { kind: 'read', gva: hex(DATA) },
    held: '10 rxu',
  },
  'an MMIO marker': {
    entry: NOWHERE + PTE,
    use: { kind: 'read', gva: hex(DATA) },
    held: '2000 mmio',
  },
};

/** What the guest makes of its entry. */
const EDITS: Record<string, (entry: number) => number> = {
  'not present': () => 0,
  'with a reserved bit': (entry) => entry + 2 ** 50,
  'not accessed': (entry) => entry - 0x20,
  'of another frame': (entry) => 0x15000 + (entry % 4096),
  'of another frame in no memslot': (entry) => NOWHERE_TOO + (entry % 4096),
  'of the supervisor': (entry) => entry - 4,
  'read-only': (entry) => entry - (entry & 2),
};

/** What a sync leaves of each sort after each edit; what is not there stays away until a fault. */
const LEFT: Record<string, Record<string, string>> = {
  'no entry': Object.fromEntries(Object.keys(EDITS).map((edit) => [edit, '-'])),
  'a writable leaf': {
    'not present': '-',
    'with a reserved bit': '-',
    'not accessed': '-',
    'of another frame': '-',
    'of another frame in no memslot': '-',
    'of the supervisor': '10 rwx',
    'read-only': '10 rxu',
  },
  'a leaf that is only read': {
    'not present': '-',
    'with a reserved bit': '-',
    'not accessed': '-',
    'of another frame': '-',
    'of another frame in no memslot': '-',
    'of the supervisor': '10 rx',
    'read-only': '10 rxu',
  },
  // A marker says of a frame alone that no memory is there.
  'an MMIO marker': {
    'not present': '-',
    'with a reserved bit': '-',
    'not accessed': '-',
    'of another frame': '-',
    'of another frame in no memslot': '-',
    'of the supervisor': '2000 mmio',
    'read-only': '2000 mmio',
  },
};

describe.each(KERNEL_VERSIONS)('a sync of kernel %s', (kernel) => {
  describe.each(Object.entries(SORTS))('of %s', (sort, { entry, use, held }) => {
    test.each(Object.entries(EDITS))('whose entry is %s now', (edit, changed) => {
      const lab = createGuest({ kernel, memory: MEMORY });
      writeEntry(lab, PT, use === null ? 0 : entry);
      // A page beside it: a table with no entry at all would be zapped by some kernels.
      lab.run({ kind: 'read', gva: hex(DATA + 4096) });
      if (use !== null) lab.run(use);
      expect(firstEntry(lab)).toBe(held);
      writeEntry(lab, PT, changed(entry));
      expect(firstEntry(lab)).toBe(held);
      lab.run({ kind: 'mov-cr3', value: hex(ROOTS[0]) });
      lab.run({ kind: 'enter' });
      expect(firstEntry(lab)).toBe(LEFT[sort]?.[edit]);
    });
  });
});
