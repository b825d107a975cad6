import { describe, expect, test } from 'vitest';
import { accOfSpte, spteAt } from '../../src/mmu/shadow/index.js';
import { isPresentSpte, targetOf } from '../../src/mmu/shadow/spte.js';
import type { Lab } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  entryFor,
  eventsOf,
  frameAt,
  hex,
  PML4,
  PT,
  seen,
  writeEntry,
} from './paged-guest.js';

const at = (index: number) => hex(DATA + index * 4096);

/** Frames that the shadow of the data's table maps, from its first entry on. */
function mapped({ vm }: Lab): (number | null)[] {
  const page = vm.shadow.byGfn.get(PT / 4096);
  return Array.from({ length: 10 }, (_, index) => {
    const spte = page === undefined ? 0 : spteAt(page, index);
    return isPresentSpte(spte) ? targetOf(spte) : null;
  });
}

describe('a fault fills the other entries of its group of eight', () => {
  test('in order, up to the first that cannot be filled', () => {
    const lab = createGuest();
    for (const index of [5, 6, 8]) writeEntry(lab, PT + index * 8, entryFor(0x15000));
    lab.run({ kind: 'read', gva: at(1) });
    expect(mapped(lab)).toEqual([0x10, 0x11, 0x12, 0x13, ...Array(6).fill(null)]);
    lab.run({ kind: 'read', gva: at(6) });
    expect(mapped(lab).slice(4)).toEqual([null, null, 0x15, null, null, null]);
  });

  test.each([
    ['is not present', 0],
    ['was never accessed', entryFor(DATA_GPA, 0x47)],
    ['has a reserved bit set', entryFor(DATA_GPA + 2 ** 50)],
    ['leads to no memory', entryFor(2 ** 33)],
  ])('one that %s ends it', (_what, entry) => {
    const lab = createGuest();
    writeEntry(lab, PT + 8, entry);
    lab.run({ kind: 'read', gva: at(0) });
    expect(mapped(lab).slice(0, 4)).toEqual([0x10, null, null, null]);
  });

  test('one that is there already is passed over, and later ones are filled', () => {
    const lab = createGuest();
    writeEntry(lab, PT, 0);
    lab.run({ kind: 'read', gva: at(2) });
    expect(mapped(lab).slice(0, 4)).toEqual([null, null, 0x12, null]);
    writeEntry(lab, PT, entryFor(DATA_GPA));
    lab.run({ kind: 'read', gva: at(1) });
    expect(mapped(lab).slice(0, 4)).toEqual([0x10, 0x11, 0x12, 0x13]);
  });

  test('with leaves that no fault is needed for', () => {
    const lab = createGuest();
    frameAt(lab, DATA);
    expect(frameAt(lab, DATA + 3 * 4096)).toBe(0x13);
    expect(eventsOf(lab, 'page-fault')).toEqual([]);
  });

  test('a table is mapped read-only, and does not become unsync', () => {
    const lab = createGuest();
    frameAt(lab, DATA);
    lab.run({ kind: 'read', gva: seen(PML4 + 0x6000) });
    const window = lab.vm.shadow.byGfn.get(0x108);
    const accs = [3, 4].map((index) => accOfSpte(window === undefined ? 0 : spteAt(window, index)));
    expect(accs).toEqual([0b101, 0b111]);
    expect(lab.vm.shadow.byGfn.get(PT / 4096)?.unsync).toBe(false);
  });
});

describe('while dirty pages are logged', () => {
  test('nothing writable is filled ahead, and what cannot be written is', () => {
    const lab = createGuest();
    lab.run({ kind: 'dirty-log', slot: 0, enabled: true });
    lab.run({ kind: 'read', gva: at(1) });
    expect(mapped(lab).slice(0, 4)).toEqual([null, 0x11, null, null]);
    for (const index of [0, 2]) writeEntry(lab, PT + index * 8, entryFor(0x15000, 0x65));
    lab.run({ kind: 'read', gva: at(3) });
    expect(mapped(lab).slice(0, 4)).toEqual([0x15, 0x11, 0x15, 0x13]);
  });
});

test('under EPT nothing is filled ahead', () => {
  const lab = createGuest({ paging: 'ept' });
  frameAt(lab, DATA);
  expect(frameAt(lab, DATA + 4096)).toBe(0x11);
  expect(eventsOf(lab, 'page-fault')).toHaveLength(1);
});
