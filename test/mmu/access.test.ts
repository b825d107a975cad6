import { describe, expect, test } from 'vitest';
import { readBytes, wordToHex } from '../../src/mmu/machine/index.js';
import type { Outcome } from '../../src/mmu/schema/index.js';
import type { Lab } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  entryFor,
  eventsOf,
  frameAt,
  hex,
  PD,
  PT,
  seen,
  writeEntry,
} from './paged-guest.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';

const END = DATA + 4096;

function readIn(outcome: Outcome): string {
  return outcome.kind === 'ok' && outcome.value !== undefined ? wordToHex(outcome.value) : '';
}

describe.each(['shadow', 'ept'] as const)('an access of bytes, %s', (paging) => {
  test.each([
    [DATA + 1, 8, '0x1122334455667788'],
    [DATA + 3, 4, '0x55667788'],
    [DATA + 5, 2, '0x7788'],
    [DATA + 7, 1, '0x88'],
    [END - 1, 8, '0x1122334455667788'],
    [END - 3, 4, '0x55667788'],
    [END - 1, 2, '0x7788'],
  ] as const)('at %i, %i of them, is read as it was written', (address, bytes, value) => {
    const lab = createGuest({ paging });
    const where = { gva: hex(address), bytes };
    lab.run({ kind: 'write', ...where, value: '0x1122334455667788' });
    expect(readIn(lab.run({ kind: 'read', ...where }))).toBe(value);
    const first = DATA_GPA + address - DATA;
    expect(readBytes(lab.vm.memory, first, 1)).toEqual({ page: 0, low: 0x88 });
  });

  test('across two pages that are not neighbours in memory goes to both', () => {
    const lab = createGuest({ paging });
    writeEntry(lab, PT + 8, entryFor(0x15000));
    lab.run({ kind: 'write', gva: hex(END - 4), value: '0x1122334455667788' });
    expect(eventsOf(lab, 'access')).toMatchObject([
      { gpa: DATA_GPA + 0xffc, value: { page: 0x55667, low: 0x788 } },
      { gpa: 0x15000, value: { page: 0x11223, low: 0x344 } },
    ]);
    expect(readBytes(lab.vm.memory, 0x15000, 4)).toEqual({ page: 0x11223, low: 0x344 });
  });

  test('whose second page faults does nothing to the first', () => {
    const lab = createGuest({ paging });
    writeEntry(lab, PT + 8, 0);
    const outcome = lab.run({ kind: 'write', gva: hex(END - 4), value: '0x1122334455667788' });
    expect(outcome).toEqual({
      kind: 'fault',
      vector: '#PF',
      errorCode: 2,
      address: { page: END / 4096, low: 0 },
    });
    expect(readBytes(lab.vm.memory, DATA_GPA + 0xffc, 4)).toEqual({ page: 0, low: 0 });
  });

  test('marks entries as the processor does: A on the way, D where it wrote', () => {
    const lab = createGuest({ paging });
    for (const index of [0, 1]) writeEntry(lab, PT + index * 8, entryFor(DATA_GPA, 0x7));
    writeEntry(lab, PD + 2 * 8, entryFor(PT, 0x7));
    lab.run({ kind: 'read', gva: hex(DATA) });
    lab.run({ kind: 'write', gva: hex(END), value: '0x0' });
    const flagsAt = (gpa: number) => readBytes(lab.vm.memory, gpa, 8).low;
    expect([PD + 16, PT, PT + 8].map(flagsAt)).toEqual([0x27, 0x27, 0x67]);
  });

  test('D is set by the first write, though the TLB has the page and CR0.WP is clear', () => {
    const lab = createGuest({ paging, registers: { cr0: '0x80000033' } });
    writeEntry(lab, PT, entryFor(DATA_GPA, 0x25));
    frameAt(lab, DATA);
    const before = readBytes(lab.vm.memory, PT, 8).low;
    lab.run({ kind: 'write', gva: hex(DATA), value: '0x1' });
    expect([before, readBytes(lab.vm.memory, PT, 8).low]).toEqual([0x25, 0x65]);
  });

  test('an address that is not canonical is #GP', () => {
    const lab = createGuest({ paging });
    const gva = '0x800000000000';
    for (const kind of ['read', 'execute'] as const) {
      expect(lab.run({ kind, gva })).toEqual({ kind: 'fault', vector: '#GP', errorCode: 0 });
    }
  });

  test('where no memslot is, is left to the VMM', () => {
    const lab = createGuest({ paging });
    writeEntry(lab, PT, entryFor(2 ** 33));
    const mmio = { kind: 'mmio', gpa: 2 ** 33 + 8 };
    for (const _ of [0, 1]) expect(lab.run({ kind: 'read', gva: hex(DATA + 8) })).toEqual(mmio);
    expect(lab.run({ kind: 'write', gva: hex(DATA + 8), value: '0x1' })).toEqual(mmio);
    expect(lab.vcpu.mode).toBe('host');
    expect(eventsOf(lab, 'access')).toEqual([]);
  });

  test.each([
    ['SMAP', '0x2000a0', { kind: 'read', gva: hex(DATA) }, 0x1],
    ['SMEP', '0x1000a0', { kind: 'execute', gva: hex(DATA) }, 0x11],
  ] as const)(
    '%s keeps the supervisor out of the pages of the user',
    (_what, cr4, access, code) => {
      const lab = createGuest({ paging });
      expect(lab.run(access)).toMatchObject({ kind: 'ok' });
      lab.run({ kind: 'mov-cr4', value: cr4 });
      expect(lab.run(access)).toMatchObject({ kind: 'fault', errorCode: code });
      expect(lab.run({ ...access, user: true })).toMatchObject({ kind: 'ok' });
      if (access.kind === 'read') {
        expect(lab.run({ ...access, ac: true })).toMatchObject({ kind: 'ok' });
      }
    },
  );
});

describe('an entry that became MMIO', () => {
  test('takes the leaf away that it had, and its entry in the TLB', () => {
    const lab = createGuest();
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(2 ** 33));
    lab.run({ kind: 'invlpg', gva: hex(DATA) });
    expect(lab.run({ kind: 'read', gva: hex(DATA) })).toEqual({ kind: 'mmio', gpa: 2 ** 33 });
    expect(lab.vm.shadow.rmaps.has(DATA_GPA / 4096)).toBe(false);
    writeEntry(lab, PT, entryFor(DATA_GPA));
    lab.run({ kind: 'invlpg', gva: hex(DATA) });
    expect(frameAt(lab, DATA)).toBe(0x10);
  });

  test('faults with RSVD set, as KVM marks such entries', () => {
    const lab = createGuest();
    writeEntry(lab, PT, entryFor(2 ** 33));
    const codes = [0, 1].map(() => {
      lab.run({ kind: 'read', gva: hex(DATA) });
      return eventsOf(lab, 'page-fault').map(({ errorCode }) => errorCode);
    });
    expect(codes).toEqual([[0x0], [0x9]]);
  });
});

describe('a fault that KVM injects', () => {
  test('forgets the translation that faulted, or the access would fault for ever', () => {
    const lab = createGuest({ kernel: '6.1' });
    const write = { kind: 'write', gva: hex(DATA), value: '0x5' } as const;
    writeEntry(lab, PT, entryFor(DATA_GPA, 0x65));
    frameAt(lab, DATA);
    expect(lab.run(write)).toMatchObject({ kind: 'fault', errorCode: 0x3 });
    expect(eventsOf(lab, 'tlb-flushed')).toMatchObject([{ scope: 'address' }]);
    writeEntry(lab, PT, entryFor(DATA_GPA));
    expect(lab.run(write)).toEqual({ kind: 'ok' });
  });

  test('of an entry that is not present forgets nothing: nothing can be cached', () => {
    const lab = createGuest();
    writeEntry(lab, PT, 0);
    lab.run({ kind: 'enter' });
    lab.run({ kind: 'read', gva: hex(DATA) });
    expect(eventsOf(lab, 'tlb-flushed')).toEqual([]);
    expect(eventsOf(lab, 'fault-injected')).toEqual([
      { kind: 'fault-injected', vector: '#PF', errorCode: 0 },
    ]);
  });
});

describe('a page fault of L2', () => {
  const PAGE_FAULT = 1 << 14;

  /** L2 runs, with L1's exception bitmap and its mask and match of error codes. */
  function inL2(bitmap: number, mask = 0, match = 0): Lab {
    const lab = startHypervisor();
    writeEntry(lab, PT, entryFor(DATA_GPA, 0x65));
    const fields = { EXCEPTION_BITMAP: bitmap, ...codes(mask, match) };
    for (const [field, value] of Object.entries(fields)) {
      lab.run({ kind: 'vmwrite', field: field as 'EXCEPTION_BITMAP', value: hex(value) });
    }
    enterL2(lab);
    return lab;
  }

  const codes = (mask: number, match: number) => ({
    PAGE_FAULT_ERROR_CODE_MASK: mask,
    PAGE_FAULT_ERROR_CODE_MATCH: match,
  });

  test.each([
    ['not asked for', 0, 0, 0, 'fault'],
    ['asked for', PAGE_FAULT, 0, 0, 'vm-exit'],
    ['asked for with this code', PAGE_FAULT, 0x2, 0x2, 'vm-exit'],
    ['asked for with another code', PAGE_FAULT, 0x10, 0x10, 'fault'],
    ['asked for unless it has this code', 0, 0x10, 0x10, 'vm-exit'],
  ] as const)('that L1 has %s', (_what, bitmap, mask, match, kind) => {
    const lab = inL2(bitmap, mask, match);
    const outcome = lab.run({ kind: 'write', gva: hex(DATA + 8), value: '0x1' });
    expect(outcome.kind).toBe(kind);
    expect(lab.vcpu.nested.guestMode).toBe(kind === 'fault');
    if (kind !== 'vm-exit') return;
    expect(outcome).toEqual({
      kind,
      reason: 0,
      qualification: { page: DATA / 4096, low: 8 },
      interruption: 0x80000b0e,
    });
  });

  test('#GP is asked for by its own bit', () => {
    const lab = inL2(1 << 13);
    const outcome = lab.run({ kind: 'read', gva: '0x800000000000' });
    expect(outcome).toMatchObject({ kind: 'vm-exit', reason: 0, interruption: 0x80000b0d });
  });
});

test('a write through a table that maps itself is seen by KVM', () => {
  const lab = createGuest();
  writeEntry(lab, PT, entryFor(PT));
  expect(lab.run({ kind: 'write', gva: hex(DATA + 8), value: hex(entryFor(0x15000)) })).toEqual({
    kind: 'ok',
  });
  lab.run({ kind: 'mov-cr3', value: '0x100000' });
  expect(frameAt(lab, END)).toBe(0x15);
  expect(lab.run({ kind: 'read', gva: seen(PT + 8) })).toMatchObject({ kind: 'ok' });
});
