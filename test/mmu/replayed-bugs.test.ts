import { describe, expect, test } from 'vitest';
import { flawsOf } from '../../src/mmu/index.js';
import { wordFromNumber, writeWord } from '../../src/mmu/machine/index.js';
import type { Lab } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  entryFor,
  frameAt,
  hex,
  noFlush,
  PD,
  PDPT,
  PML4,
  PT,
  ROOTS,
  writeEntry,
} from './paged-guest.js';

const [A, B] = ROOTS;

/** Architecture reference, section 5: what the fixed kernels do. */
describe('a bug of the past, under one guest', () => {
  test.each(['5.14', '6.1'] as const)('5.6 an injected fault forgets, kernel %s', (kernel) => {
    const lab = createGuest({ kernel });
    writeEntry(lab, PT, entryFor(DATA_GPA, 0x65));
    frameAt(lab, DATA);
    const write = { kind: 'write', gva: hex(DATA), value: '0x5' } as const;
    expect(lab.run(write)).toMatchObject({ errorCode: 0x3 });
    writeEntry(lab, PT, entryFor(DATA_GPA));
    expect(lab.run(write)).toEqual({ kind: 'ok' });
  });

  test.each([
    ['5.13', 0x10],
    ['5.14', 0x15],
    ['6.1', 0x15],
  ] as const)('5.8 a flush covers every root of the PCID, kernel %s reads %i', (kernel, frame) => {
    const policy = kernel === '6.1' ? 'mainline' : 'mainline-5.14';
    const lab = createGuest({ kernel, policy });
    lab.run({ kind: 'mov-cr4', value: '0x200a0' });
    lab.run({ kind: 'mov-cr3', value: hex(A + 1) });
    frameAt(lab, DATA);
    lab.run(noFlush(B + 1));
    writeEntry(lab, PT, entryFor(0x15000));
    lab.run({ kind: 'mov-cr3', value: hex(B + 1) });
    lab.run(noFlush(A + 1));
    expect(frameAt(lab, DATA)).toBe(frame);
  });

  test('5.9 PCIDE set makes no root reachable that was flushed while it was clear', () => {
    const lab = createGuest();
    frameAt(lab, DATA);
    lab.run({ kind: 'mov-cr3', value: hex(B) });
    writeEntry(lab, PT, entryFor(0x15000));
    lab.run({ kind: 'invpcid', type: 1, pcid: 0, gva: '0x0' });
    lab.run({ kind: 'mov-cr4', value: '0x200a0' });
    lab.run(noFlush(A));
    expect(frameAt(lab, DATA)).toBe(0x15);
  });

  test('5.10 INVPCID under EPT reaches a PCID that is not in use', () => {
    const lab = createGuest({ paging: 'ept' });
    lab.run({ kind: 'mov-cr4', value: '0x200a0' });
    lab.run(noFlush(A + 1));
    frameAt(lab, DATA);
    lab.run(noFlush(A + 2));
    writeEntry(lab, PT, entryFor(0x15000));
    lab.run({ kind: 'invpcid', type: 1, pcid: 1, gva: '0x0' });
    lab.run(noFlush(A + 1));
    expect(frameAt(lab, DATA)).toBe(0x15);
  });

  test('5.15 INVPCID of an address without paging is legal and does nothing', () => {
    const lab = createGuest({}, 'none');
    expect(lab.run({ kind: 'invpcid', type: 0, pcid: 0, gva: '0x1000' })).toEqual({ kind: 'ok' });
    expect(flawsOf(lab.vm)).toEqual([]);
  });

  test('5.16 rights come from the whole walk: one table under two of them has two pages', () => {
    const lab = createGuest();
    writeEntry(lab, PDPT + 8, PD + 0x65);
    const readOnly = { gva: hex(2 ** 30 + DATA), user: true };
    const write = { kind: 'write', value: '0x1', user: true } as const;
    expect(lab.run({ kind: 'read', ...readOnly })).toMatchObject({ kind: 'ok' });
    expect(lab.run({ ...write, gva: hex(DATA) })).toEqual({ kind: 'ok' });
    expect(lab.run({ ...write, ...readOnly })).toMatchObject({ kind: 'fault', errorCode: 0x7 });
    const pages = lab.vm.shadow.table.filter((page) => page?.gfn === PT / 4096);
    expect(pages).toHaveLength(2);
  });

  test.each([
    ['MOV CR3', { kind: 'mov-cr3', value: hex(A) }],
    ['MOV CR4 that toggles PGE', { kind: 'mov-cr4', value: '0xa0' }],
    ['MOV CR0 that sets CD', { kind: 'mov-cr0', value: '0xc0010033' }],
  ] as const)('5.18 PDPTEs that changed are loaded by %s', (_what, command) => {
    for (const paging of ['shadow', 'ept'] as const) {
      const lab = createGuest({ paging }, 'PAE');
      frameAt(lab, DATA);
      writeEntry(lab, PML4, 0x111001);
      lab.run(command);
      // Architecturally MOV CR0 need flush nothing.
      if (command.kind === 'mov-cr0') lab.run({ kind: 'invlpg', gva: hex(DATA) });
      expect(frameAt(lab, DATA)).toBe(0x14);
    }
  });

  test('5.20 CR0.WP counts as it is when the guest writes', () => {
    const lab = createGuest({ paging: 'ept' });
    writeEntry(lab, PT, entryFor(DATA_GPA, 0x65));
    const write = { kind: 'write', gva: hex(DATA), value: '0x5' } as const;
    lab.run({ kind: 'mov-cr0', value: '0x80000033' });
    expect(lab.run(write)).toEqual({ kind: 'ok' });
    lab.run({ kind: 'mov-cr0', value: '0x80010033' });
    expect(lab.run(write)).toMatchObject({ kind: 'fault', errorCode: 0x3 });
  });

  /** The host changes an entry behind KVM's back. */
  const poke = ({ vm }: Lab, gpa: number, entry: number) =>
    writeWord(vm.memory, gpa, wordFromNumber(entry));

  test('5.26 a direct page whose large page moved is replaced', () => {
    const lab = createGuest();
    lab.run({ kind: 'set-memslot', slot: 1, memslot: { gpa: '0x200000000', bytes: 2 ** 21 } });
    writeEntry(lab, PD + 3 * 8, 2 ** 33 + 0xe7);
    const large = 3 * 2 ** 21;
    expect(frameAt(lab, large)).toBe(0);
    poke(lab, PD + 3 * 8, 0xe7);
    expect(frameAt(lab, large + DATA_GPA)).toBe(0x10);
    lab.run({ kind: 'set-memslot', slot: 1, memslot: null });
    expect([...lab.vm.shadow.rmaps.keys()]).toEqual([]);
    expect(flawsOf(lab.vm)).toEqual([]);
  });

  test('5.27 a direct page is not taken for the shadow of a table at its frame', () => {
    const lab = createGuest();
    poke(lab, 0x200000, entryFor(DATA_GPA));
    writeEntry(lab, PD + 3 * 8, 0x200000 + 0xe7);
    const large = 3 * 2 ** 21;
    frameAt(lab, large + 8 * 4096);
    poke(lab, PD + 3 * 8, 0x200000 + 0x67);
    lab.run({ kind: 'invlpg', gva: hex(large) });
    expect(frameAt(lab, large)).toBe(0x10);
    expect(flawsOf(lab.vm)).toEqual([]);
  });

  test('5.28 a leaf gives way to an MMIO marker, reverse map and TLB included', () => {
    const lab = createGuest({ tlb: 'off' });
    writeEntry(lab, PT, entryFor(DATA_GPA, 0x65));
    frameAt(lab, DATA);
    poke(lab, PT, entryFor(2 ** 33));
    const write = { kind: 'write', gva: hex(DATA), value: '0x5' } as const;
    expect(lab.run(write)).toEqual({ kind: 'mmio', gpa: 2 ** 33 });
    expect(lab.vm.shadow.rmaps.has(DATA_GPA / 4096)).toBe(false);
    expect(flawsOf(lab.vm)).toEqual([]);
  });

  test('5.35 under 5-level shadow tables a PAE guest is walked from its four entries', () => {
    const lab = createGuest({ maxphyaddr: 52, cpuid: { la57: true } }, 'PAE');
    const last = 3 * 2 ** 30 + DATA;
    writeEntry(lab, PML4 + 3 * 8, 0x111001);
    lab.run({ kind: 'mov-cr3', value: hex(PML4) });
    expect([frameAt(lab, DATA), frameAt(lab, last)]).toEqual([0x10, 0x14]);
  });
});
