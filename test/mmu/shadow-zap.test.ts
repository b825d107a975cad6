import { describe, expect, test } from 'vitest';
import { flawsOf } from '../../src/mmu/index.js';
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
  PD,
  PDPT,
  PML4,
  PT,
  ROOTS,
  writeEntry,
} from './paged-guest.js';

const [A, B] = ROOTS;
const ENTER = { kind: 'enter' } as const;
const TABLES = [PML4, PDPT, PD, PT].map((gpa) => gpa / 4096);

function used(...args: Parameters<typeof createGuest>): Lab {
  const lab = createGuest(...args);
  frameAt(lab, DATA);
  return lab;
}

describe('a memslot that goes', () => {
  test('takes all pages with it; roots go at the next entry, and are built anew', () => {
    const lab = used({ vcpus: 2 });
    frameAt(lab, DATA, 1);
    lab.run({ kind: 'mov-cr3', value: hex(B) });
    frameAt(lab, DATA);
    lab.run({ kind: 'set-memslot', slot: 1, memslot: { gpa: '0x200000000', bytes: 4096 } });
    expect(gfnsOf(lab, 'page-zapped')).toEqual([]);
    lab.run({ kind: 'set-memslot', slot: 1, memslot: null });
    expect(gfnsOf(lab, 'page-zapped')).toEqual(expect.arrayContaining(TABLES));
    expect(lab.vm.shadow).toMatchObject({ generation: 1, active: new Set(), rmaps: new Map() });
    // A switch to a root that is obsolete misses: its role says that it was zapped.
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('110000 100000 - -');
    lab.run(ENTER);
    expect(kindsOf(lab.events)).toEqual([
      'request-serviced MMU_FREE_OBSOLETE_ROOTS',
      'root-freed',
      'root-freed',
      'page-zapped',
      'request-serviced TLB_FLUSH',
      'root-allocated',
    ]);
    expect(eventsOf(lab, 'root-allocated')).toMatchObject([{ page: 'new', gfn: B / 4096 }]);
    expect(frameAt(lab, DATA)).toBe(0x14);
    expect(frameAt(lab, DATA, 1)).toBe(0x10);
    expect(flawsOf(lab.vm)).toEqual([]);
  });

  test('leaves no memory behind the frames that it held: an access is MMIO', () => {
    const lab = createGuest();
    lab.run({ kind: 'set-memslot', slot: 1, memslot: { gpa: '0x200000000', bytes: 4096 } });
    writeEntry(lab, PT, entryFor(2 ** 33));
    expect(lab.run({ kind: 'read', gva: hex(DATA) })).toMatchObject({ kind: 'ok' });
    lab.run({ kind: 'set-memslot', slot: 1, memslot: null });
    expect(lab.run({ kind: 'read', gva: hex(DATA) })).toEqual({ kind: 'mmio', gpa: 2 ** 33 });
  });

  test('that moves is zapped too; one that is added, or stays, zaps nothing', () => {
    const lab = used();
    const memslot = { gpa: '0x200000000', bytes: 4096 };
    for (const [change, zaps] of [
      [memslot, false],
      [memslot, false],
      [{ ...memslot, gpa: '0x300000000' }, true],
    ] as const) {
      frameAt(lab, DATA);
      expect(lab.run({ kind: 'set-memslot', slot: 1, memslot: change })).toEqual({ kind: 'ok' });
      expect(gfnsOf(lab, 'page-zapped').length > 0).toBe(zaps);
    }
  });

  test.each([
    ['deleted where there is none', { slot: 5, memslot: null }, 'EINVAL'],
    ['changed in size', { slot: 0, memslot: { gpa: '0x0', bytes: 4096 } }, 'EINVAL'],
    ['not at a page', { slot: 1, memslot: { gpa: '0x200000800', bytes: 4096 } }, 'EINVAL'],
    ['too high', { slot: 1, memslot: { gpa: '0x400000000000', bytes: 4096 } }, 'EINVAL'],
    ['laid over another', { slot: 1, memslot: { gpa: '0xfffff000', bytes: 4096 } }, 'EEXIST'],
  ] as const)('cannot be %s', (_what, change, errno) => {
    const lab = used();
    const before = structuredClone(lab.vm.memory.memslots);
    expect(lab.run({ kind: 'set-memslot', ...change })).toEqual({ kind: 'error', errno });
    expect([lab.events, lab.vm.memory.memslots]).toEqual([[], before]);
  });
});

describe('zapping a table', () => {
  test('zaps what is unsync below it, and leaves what is not to be found again', () => {
    const lab = used();
    const other = hex(DATA + 2 ** 21);
    lab.run({ kind: 'map', root: hex(A), address: other, gpa: hex(DATA_GPA), tables: '0x300000' });
    lab.run({ kind: 'read', gva: other });
    writeEntry(lab, PT + 9 * 8, 0);
    lab.run({ kind: 'write', gva: hex(0x800000 + PD - A), value: '0x0', bytes: 2 });
    expect(gfnsOf(lab, 'page-zapped')).toEqual([PD / 4096, PT / 4096]);
    expect(gfnsOf(lab, 'page-synced')).toEqual([PT / 4096]);
    expect(lab.vm.shadow.byGfn.get(0x300)?.parents).toEqual([]);
    expect(flawsOf(lab.vm)).toEqual([]);
  });

  test('that a slot holds keeps its place until the slot lets go', () => {
    const lab = used();
    lab.run({ kind: 'mov-cr3', value: hex(B) });
    for (const _ of [0, 1, 2]) writeEntry(lab, A + 7 * 8, 0);
    const zapped = lab.vm.shadow.table.filter((page) => page?.gfn === A / 4096);
    expect(zapped).toMatchObject([{ rootCount: 1, parents: [] }]);
    expect(lab.vm.shadow.active.has(zapped[0] as never)).toBe(false);
    lab.run({ kind: 'free-roots', mmu: 'root', roots: ['prev0'] });
    expect(gfnsOf(lab, 'page-zapped')).toEqual([A / 4096]);
    expect(lab.vm.shadow.table.filter((page) => page?.gfn === A / 4096)).toEqual([]);
  });
});

describe('recycling', () => {
  /** A guest that has used so many tables of level 1 that the next one finds none free. */
  function crowded(): Lab {
    const lab = createGuest({ mmuPages: 64 });
    for (let i = 0; i < 60; i += 1) {
      const address = hex(2 ** 32 + i * 2 ** 21);
      const range = { root: hex(A), address, gpa: hex(DATA_GPA) };
      lab.run({ kind: 'map', ...range, tables: hex(0x300000 + i * 0x3000) });
      lab.run({ kind: 'read', gva: address });
    }
    return lab;
  }

  test('zaps the oldest pages that are no root, and never more than the bound are there', () => {
    const lab = crowded();
    expect(lab.vm.shadow.active.size).toBeLessThanOrEqual(64);
    expect(lab.vm.shadow.byGfn.has(A / 4096)).toBe(true);
    expect(flawsOf(lab.vm)).toEqual([]);
    expect(frameAt(lab, DATA)).toBe(0x10);
  });

  test('cannot take the page of a cached root, but can that of one that was dropped', () => {
    const kept = [true, false].map((isCached) => {
      const lab = createGuest({ mmuPages: 64 });
      lab.run({ kind: 'mov-cr3', value: hex(B) });
      lab.run(ENTER);
      lab.run({ kind: 'mov-cr3', value: hex(A) });
      lab.run(ENTER);
      if (!isCached) lab.run({ kind: 'free-roots', mmu: 'root', roots: ['prev0'] });
      for (let i = 0; i < 64; i += 1) {
        const address = hex(2 ** 32 + i * 2 ** 21);
        const range = { root: hex(A), address, gpa: hex(DATA_GPA) };
        lab.run({ kind: 'map', ...range, tables: hex(0x300000 + i * 0x3000) });
        lab.run({ kind: 'read', gva: address });
      }
      return lab.vm.shadow.byGfn.has(B / 4096);
    });
    expect(kept).toEqual([true, false]);
  });
});
