import { describe, expect, test } from 'vitest';
import { KERNEL_VERSIONS } from '../../src/mmu/index.js';
import { kindsOf, type Lab } from './lab.js';
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
  PTE,
  ROOTS,
  seen,
  writeEntry,
} from './paged-guest.js';

const FLUSH = { kind: 'mov-cr3', value: hex(ROOTS[0]) } as const;
const ENTER = { kind: 'enter' } as const;
const ELSEWHERE = entryFor(0x15000);

/** A guest that has used its first page of data. */
function used(...args: Parameters<typeof createGuest>): Lab {
  const lab = createGuest(...args);
  expect(frameAt(lab, DATA)).toBe(0x10);
  return lab;
}

/** Unsync children of the page of each table above the data, from the top. */
function unsyncChildren({ vm }: Lab): (number | undefined)[] {
  return [PML4, PDPT, PD].map((gpa) => vm.shadow.byGfn.get(gpa / 4096)?.unsyncChildren);
}

describe('a table of level 1', () => {
  test('becomes unsync by the first write, and later writes go unseen', () => {
    const lab = used();
    writeEntry(lab, PT, ELSEWHERE);
    expect(gfnsOf(lab, 'page-unsynced')).toEqual([PT / 4096]);
    expect(unsyncChildren(lab)).toEqual([1, 1, 1]);
    writeEntry(lab, PT + 8, ELSEWHERE);
    expect(lab.events.map(({ kind }) => kind)).toEqual(['access']);
  });

  test('becomes unsync by a read as well: KVM maps it writable if the guest does', () => {
    const lab = used();
    lab.run({ kind: 'read', gva: seen(PT) });
    expect(gfnsOf(lab, 'page-unsynced')).toEqual([PT / 4096]);
  });

  test('is write-protected when it is first shadowed, and every TLB is flushed', () => {
    const lab = createGuest({ vcpus: 2 });
    lab.run({ kind: 'write', gva: seen(PT), value: hex(entryFor(DATA_GPA)) });
    lab.run({ kind: 'enter', vcpu: 1 });
    frameAt(lab, DATA);
    expect(gfnsOf(lab, 'page-allocated')).toEqual([PT / 4096]);
    expect(lab.vm.vcpus[1]?.mode).toBe('host');
    expect(kindsOf(lab.events)).toContain('request-made TLB_FLUSH');
    writeEntry(lab, PT, ELSEWHERE);
    expect(gfnsOf(lab, 'page-unsynced')).toEqual([PT / 4096]);
  });

  test.each([PML4, PDPT, PD])('one above it never does: every write to %i is emulated', (gpa) => {
    const lab = used();
    for (const value of [0x0, 0x1000]) {
      writeEntry(lab, gpa + 7 * 8, value);
      expect(gfnsOf(lab, 'page-unsynced')).toEqual([]);
      expect(eventsOf(lab, 'access').map(({ by }) => by)).toEqual(['emulator']);
    }
  });
});

describe.each(KERNEL_VERSIONS)('an entry that the guest edits, kernel %s', (kernel) => {
  test.each(['ideal', 'off'] as const)('stays as it was until it is flushed, TLB %s', (tlb) => {
    for (const flush of [FLUSH, { kind: 'invlpg', gva: hex(DATA) } as const]) {
      const lab = used({ kernel, tlb });
      writeEntry(lab, PT, ELSEWHERE);
      expect(frameAt(lab, DATA)).toBe(0x10);
      lab.run(flush);
      expect(frameAt(lab, DATA)).toBe(0x15);
    }
  });

  test.each([
    ['not present', 0, 0x6],
    ['not writable', entryFor(DATA_GPA, 0x65), 0x7],
    ['of the supervisor', entryFor(DATA_GPA, 0x63), 0x7],
    ['with a reserved bit', entryFor(DATA_GPA + 2 ** 50), 0xf],
  ] as const)('to be %s faults after the flush', (_what, entry, errorCode) => {
    const lab = used({ kernel });
    const write = { kind: 'write', gva: hex(DATA), value: '0x10', user: true } as const;
    expect(lab.run(write)).toEqual({ kind: 'ok' });
    writeEntry(lab, PT, entry);
    expect(lab.run(write)).toEqual({ kind: 'ok' });
    lab.run(FLUSH);
    expect(lab.run(write)).toMatchObject({ kind: 'fault', vector: '#PF', errorCode });
  });
});

describe('a sync', () => {
  test('brings every unsync page below the root into step, in batches, in order', () => {
    const lab = used();
    const tables = Array.from({ length: 20 }, (_, i) => 0x600000 + i * 4096);
    for (const [i, table] of tables.entries()) {
      const page = { address: hex((8 + i) * 2 ** 21), gpa: hex(DATA_GPA) };
      lab.run({ kind: 'map', root: hex(PML4), ...page, tables: hex(table) });
      lab.run({ kind: 'read', gva: page.address });
    }
    const window = { address: '0x10000000', gpa: '0x600000', pages: 20 };
    lab.run({ kind: 'map', root: hex(PML4), ...window, tables: '0x700000' });
    for (const i of tables.keys()) {
      lab.run({ kind: 'write', gva: hex(0x10000048 + i * 4096), value: '0x0' });
    }
    lab.run(FLUSH);
    lab.run(ENTER);
    expect(gfnsOf(lab, 'page-synced')).toEqual(tables.map((table) => table / 4096));
    expect(unsyncChildren(lab)).toEqual([0, 0, 0]);
  });

  test('leaves an entry that became present to a fault', () => {
    const lab = used();
    const ninth = DATA + 8 * 4096;
    writeEntry(lab, PT + 8 * 8, ELSEWHERE);
    lab.run(FLUSH);
    expect(frameAt(lab, ninth)).toBe(0x15);
    expect(eventsOf(lab, 'page-fault')).toHaveLength(1);
  });

  test('write-protects the table again, so that the next write is seen', () => {
    const lab = used();
    writeEntry(lab, PT, ELSEWHERE);
    lab.run(FLUSH);
    writeEntry(lab, PT, entryFor(DATA_GPA));
    expect(gfnsOf(lab, 'page-synced')).toEqual([PT / 4096]);
    expect(gfnsOf(lab, 'page-unsynced')).toEqual([PT / 4096]);
  });

  test('of a root without unsync pages is one in name', () => {
    const lab = used();
    lab.run(FLUSH);
    lab.run(ENTER);
    expect(kindsOf(lab.events)).not.toContain('page-synced');
    expect(eventsOf(lab, 'root-synced')).toHaveLength(1);
  });

  test('leaves a cached root that shares the page with a hint that is out of date', () => {
    const lab = createGuest();
    writeEntry(lab, ROOTS[1], PDPT + PTE);
    for (const root of ROOTS) {
      lab.run({ kind: 'mov-cr3', value: hex(root) });
      expect(frameAt(lab, DATA)).toBe(0x10);
    }
    writeEntry(lab, PT, ELSEWHERE);
    lab.run({ kind: 'mov-cr3', value: hex(ROOTS[1]) });
    lab.run(ENTER);
    const children = ROOTS.map((gpa) => lab.vm.shadow.byGfn.get(gpa / 4096)?.unsyncChildren);
    expect(children).toEqual([1, 0]);
    expect(lab.vm.shadow.byGfn.get(PT / 4096)?.unsync).toBe(false);
  });
});

test('a page that is unsync when it is linked is unsync below its new ancestors', () => {
  const lab = used();
  writeEntry(lab, PT + 8, ELSEWHERE);
  writeEntry(lab, ROOTS[1] + 0x2010, PT + PTE);
  lab.run({ kind: 'mov-cr3', value: hex(ROOTS[1]) });
  expect([frameAt(lab, DATA), frameAt(lab, DATA + 4096)]).toEqual([0x10, 0x15]);
  const [root] = ROOTS.map((gpa) => lab.vm.shadow.byGfn.get(gpa / 4096)).slice(1);
  expect(root?.unsyncChildren).toBe(1);
  writeEntry(lab, PT, ELSEWHERE);
  expect(eventsOf(lab, 'page-unsynced')).toEqual([]);
  lab.run({ kind: 'mov-cr3', value: hex(ROOTS[1]) });
  expect(frameAt(lab, DATA)).toBe(0x15);
});

describe('two vCPUs on one root', () => {
  test('share its pages: what one makes unsync the other may see stale until it flushes', () => {
    const lab = used({ vcpus: 2 });
    expect(frameAt(lab, DATA, 1)).toBe(0x10);
    const pages = lab.vm.shadow.active.size;
    writeEntry(lab, PT, ELSEWHERE, 1);
    expect([frameAt(lab, DATA), frameAt(lab, DATA, 1)]).toEqual([0x10, 0x10]);
    expect(lab.vm.shadow.active.size).toBe(pages + 1);
    lab.run({ ...FLUSH, vcpu: 1 });
    expect(frameAt(lab, DATA, 1)).toBe(0x15);
  });

  test('an entry that a sync makes read-only leaves the TLB of the other as well', () => {
    const lab = used({ vcpus: 2, kernel: '7.3' });
    const write = { kind: 'write', vcpu: 1, gva: hex(DATA), value: '0x10' } as const;
    lab.run(write);
    writeEntry(lab, PT, entryFor(DATA_GPA, 0x65));
    // Without a writable leaf of the table, to protect it flushes nothing.
    lab.run({ kind: 'unmap', gpa: hex(PT) });
    expect(lab.run(write)).toEqual({ kind: 'ok' });
    lab.run({ kind: 'make-request', request: 'MMU_SYNC' });
    lab.run(ENTER);
    expect(eventsOf(lab, 'vm-exit').map(({ name }) => name)).toEqual(['EXTERNAL_INTERRUPT']);
    expect(lab.run(write)).toMatchObject({ kind: 'fault', errorCode: 0x3 });
  });

  test('a sync on one kicks the other out and flushes its TLB too', () => {
    const lab = used({ vcpus: 2 });
    frameAt(lab, DATA, 1);
    writeEntry(lab, PT, ELSEWHERE);
    lab.run({ ...FLUSH, vcpu: 1 });
    lab.run({ ...ENTER, vcpu: 1 });
    const exits = eventsOf(lab, 'vm-exit').map(({ name }) => name);
    expect(exits).toEqual(['EXTERNAL_INTERRUPT']);
    expect(lab.vcpu.mode).toBe('host');
    expect(frameAt(lab, DATA)).toBe(0x15);
  });
});

test('a frame that becomes a table above level 1 loses its unsync pages of level 1', () => {
  const lab = used();
  writeEntry(lab, PT + 8, ELSEWHERE);
  // The table of level 1 is linked as one of level 2, too: its entries lead to tables.
  writeEntry(lab, PDPT + 8, PT + PTE);
  lab.run({ kind: 'read', gva: hex(2 ** 30 + 2 ** 21) });
  expect(gfnsOf(lab, 'page-zapped')).toEqual([PT / 4096]);
  expect(lab.vm.shadow.writeTracked.has(PT / 4096)).toBe(true);
});
