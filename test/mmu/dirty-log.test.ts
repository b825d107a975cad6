import { describe, expect, test } from 'vitest';
import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import { kindsOf, type Lab } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  entryFor,
  eventsOf,
  frameAt,
  hex,
  PT,
  writeEntry,
} from './paged-guest.js';
import { EPT_PT, EPTP_AD, runL2In, startHypervisor } from './paged-hypervisor.js';

const ON = { kind: 'dirty-log', slot: 0, enabled: true } as const;
const GET = { kind: 'get-dirty-log', slot: 0 } as const;
const FRAME = DATA_GPA / 4096;
const WRITE = { kind: 'write', gva: hex(DATA), value: '0x10' } as const;
const FLUSH = ['request-made TLB_FLUSH'];

/** A guest that has written its first page before all of its memory is logged. */
function logged(config: VmConfigInput = {}): Lab {
  const lab = createGuest(config);
  lab.run(WRITE);
  lab.run(ON);
  return lab;
}

function dirtyIn(lab: Lab): string {
  const outcome = lab.run(GET);
  if (outcome.kind !== 'ok') return outcome.kind;
  return (outcome.dirty ?? []).map(({ first, count }) => `${hex(first)}+${count}`).join(' ');
}

describe.each(['shadow', 'ept'] as const)('the dirty log, %s', (paging) => {
  /** Where an EPT tracks use, each page walk counts as a write to the tables. */
  const walked = paging === 'ept' ? ' 0x100+4' : '';

  test('tells of each page that was written since it was last asked, and flushes then alone', () => {
    const lab = logged({ paging });
    lab.run({ kind: 'enter' });
    expect(dirtyIn(lab)).toBe('');
    expect(kindsOf(lab.events)).toEqual([]);
    for (const gva of [DATA, DATA + 8, DATA + 4096]) lab.run({ ...WRITE, gva: hex(gva) });
    expect(dirtyIn(lab)).toBe(`0x10+2${walked}`);
    expect(kindsOf(lab.events)).toEqual(FLUSH);
    expect(dirtyIn(lab)).toBe('');
    lab.run(WRITE);
    expect(eventsOf(lab, 'page-fault').map(({ errorCode }) => errorCode)).toEqual(
      paging === 'shadow' ? [3] : [],
    );
    lab.run(WRITE);
    expect(dirtyIn(lab)).toBe(`0x10+1${walked}`);
  });

  test('has tables whose A and D were set', () => {
    const lab = logged({ paging });
    lab.run({ kind: 'host-write', gpa: hex(PT), value: hex(entryFor(DATA_GPA, 0x7)) });
    lab.run({ kind: 'zap-all' });
    frameAt(lab, DATA);
    expect(dirtyIn(lab)).toBe(paging === 'shadow' ? '0x103+1' : '0x10+1 0x100+4');
  });

  test('has what `map` writes, and not what the VMM writes by itself', () => {
    const lab = logged({ paging });
    lab.run({ kind: 'host-write', gpa: '0x600000', value: '0x1' });
    expect(dirtyIn(lab)).toBe('');
    const range = { address: hex(DATA), gpa: hex(DATA_GPA), tables: '0x300000' };
    lab.run({ kind: 'map', root: '0x100000', ...range });
    expect(dirtyIn(lab)).toBe(`${hex(PT / 4096)}+1`);
  });

  test('is lost when it is turned off, and then cannot be asked', () => {
    const lab = logged({ paging });
    lab.run(WRITE);
    lab.run({ ...ON, enabled: false });
    expect(kindsOf(lab.events)).toEqual([]);
    expect(lab.run(GET)).toEqual({ kind: 'error', errno: 'ENOENT' });
    lab.run(ON);
    expect(dirtyIn(lab)).toBe('');
  });

  test('that begins with all pages protects none until they are cleared', () => {
    const lab = logged({ paging, manualDirtyLogProtect: 'initially-set' });
    expect(kindsOf(lab.events)).toEqual([]);
    expect(dirtyIn(lab)).toBe('0x0+1048576');
    lab.run(WRITE);
    expect(eventsOf(lab, 'page-fault')).toEqual([]);
    lab.run({ kind: 'clear-dirty-log', slot: 0, pages: 2 ** 20 });
    expect(kindsOf(lab.events)).toEqual(FLUSH);
    lab.run({ ...WRITE, gva: hex(DATA + 4096) });
    expect(dirtyIn(lab)).toBe(`0x11+1${walked}`);
  });
});

test('a page that a read made writable counts as dirty, as nobody will see it written', () => {
  const lab = logged();
  lab.run({ kind: 'zap-all' });
  frameAt(lab, DATA + 8192);
  expect(dirtyIn(lab)).toBe('0x12+1');
});

test('a store that KVM carries out is logged', () => {
  const lab = logged();
  dirtyIn(lab);
  writeEntry(lab, 0x102000 + 0x800, 0);
  writeEntry(lab, 0x102000 + 0x800, 0);
  expect(eventsOf(lab, 'access').map(({ by }) => by)).toEqual(['emulator']);
  expect(dirtyIn(lab)).toBe('0x102+1');
});

test('it moves with its memslot, and tells nothing of a read-only one', () => {
  const slot = { kind: 'set-memslot', slot: 1 } as const;
  const lab = createGuest({
    memory: {
      memslots: [
        { gpa: '0x0', bytes: 2 ** 24 },
        { gpa: '0x40000000', bytes: 4096 },
        { gpa: '0x50000000', bytes: 4096, readonly: true },
      ],
    },
  });
  for (const [i, gpa] of ['0x40000000', '0x50000000'].entries()) {
    const range = { address: hex(0x200000000 + i * 4096), gpa, tables: '0x300000' };
    lab.run({ kind: 'map', root: '0x100000', ...range });
    lab.run({ ...ON, slot: i + 1 });
    lab.run({ kind: 'write', gva: range.address, value: '0x1' });
  }
  lab.run({ ...slot, memslot: { gpa: '0x40001000', bytes: 4096 } });
  expect(lab.run({ ...GET, slot: 1 })).toEqual({ kind: 'ok', dirty: [{ first: 0, count: 1 }] });
  expect(lab.run({ ...GET, slot: 2 })).toEqual({ kind: 'ok', dirty: [] });
});

describe('KVM_CLEAR_DIRTY_LOG', () => {
  const CLEAR = { kind: 'clear-dirty-log', slot: 0, pages: 64 } as const;

  test('cleans the pages that it names and that are dirty, and flushes if there are any', () => {
    const lab = logged({ manualDirtyLogProtect: 'on' });
    for (const gva of [DATA, DATA + 4096]) lab.run({ ...WRITE, gva: hex(gva) });
    expect(dirtyIn(lab)).toBe('0x10+2');
    expect(kindsOf(lab.events)).toEqual([]);
    lab.run({ ...CLEAR, dirty: [{ first: 17, count: 3 }] });
    expect(kindsOf(lab.events)).toEqual(FLUSH);
    expect(dirtyIn(lab)).toBe('0x10+1');
    lab.run({ ...CLEAR, firstPage: 64 });
    expect(kindsOf(lab.events)).toEqual([]);
    lab.run({ ...WRITE, gva: hex(DATA + 4096) });
    expect(eventsOf(lab, 'page-fault')).toHaveLength(1);
    expect(dirtyIn(lab)).toBe('0x10+2');
  });

  test.each<[string, { slot?: number; firstPage?: number; pages?: number }, string]>([
    ['a first page between words', { firstPage: 1 }, 'EINVAL'],
    ['a part of a word', { pages: 63 }, 'EINVAL'],
    ['more than there is', { pages: 2 ** 20 + 64 }, 'EINVAL'],
    ['a memslot without a log', { slot: 9 }, 'ENOENT'],
  ])('refuses %s', (_what, part, errno) => {
    const lab = logged();
    expect(lab.run({ ...CLEAR, ...part })).toEqual({ kind: 'error', errno });
    expect(kindsOf(lab.events)).toEqual([]);
  });

  test('takes a part of a word at the end, and no page outside the part', () => {
    const lab = createGuest({ memory: { memslots: [{ gpa: '0x0', bytes: 2 ** 24 + 4096 }] } });
    lab.run(ON);
    expect(lab.run({ ...CLEAR, firstPage: 4096, pages: 1 })).toEqual({ kind: 'ok' });
    const stray = { ...CLEAR, dirty: [{ first: 60, count: 5 }] };
    expect(() => lab.run(stray)).toThrow('page 60 begins a run that is not within the part');
  });
});

describe('of pages that L2 writes', () => {
  /** Two pages of L2 lead to the first page of data. */
  function aliased(ad: boolean): Lab {
    const lab = startHypervisor();
    for (const gfn of [0x10, 0x11]) {
      const low = 0x37 | (ad ? 0x100 : 0);
      const gpa = hex(EPT_PT + gfn * 8);
      lab.run({ kind: 'host-write', gpa, value: hex(DATA_GPA + low) });
    }
    lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: hex(ad ? EPTP_AD : EPTP_AD - 0x40) });
    runL2In(lab, { kind: 'read', gva: hex(DATA + 8192) });
    lab.run(ON);
    return lab;
  }

  test.each([true, false])("the log has L1's address, A and D enabled: %s", (ad) => {
    const lab = aliased(ad);
    if (ad) {
      runL2In(lab, { kind: 'read', gva: hex(DATA) });
      expect(dirtyIn(lab)).not.toContain('0x10+');
    }
    for (const gva of [DATA, DATA + 4096, DATA + 4096]) {
      runL2In(lab, { ...WRITE, gva: hex(gva) });
      expect(dirtyIn(lab)).toContain(`${hex(FRAME)}+1`);
    }
    expect(dirtyIn(lab)).not.toContain('0x10+');
  });
});
