import { describe, expect, test } from 'vitest';
import { decodeVm, encodeVm, oracleStateOf, step } from '../../src/mmu/index.js';
import { Command } from '../../src/mmu/schema/index.js';
import type { Lab, LabCommand } from './lab.js';
import { allowed, guest, INVLPG, keepingTlb, readData, violationOf } from './oracle-lab.js';
import {
  createGuest,
  DATA,
  entryFor,
  frameAt,
  hex,
  noFlush,
  PD,
  PDPT,
  PML4,
  PT,
  PTE,
  ROOTS,
  writeEntry,
} from './paged-guest.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';

const LARGE_PTE = PTE + 0x80;
const GLOBAL = 0x100;
/** A page of 2 MiB: what it maps first has its data where the guest's own is, and then elsewhere. */
const PAGE = 0xc00000;
const PDE = PD + 8 * (PAGE / 2 ** 21);
/** Two of its parts. */
const [X, Y] = [PAGE + 0x10000, PAGE + 0x12000] as const;

const FILLS = [0x10000, 0x210000].map((gpa) => {
  return { gpa: hex(gpa), count: 16, stride: 4096, first: hex(gpa / 4096), step: '0x1' };
});
const BOTH = '0x210 0x10';
const INVLPG_Y: LabCommand = { kind: 'invlpg', gva: hex(Y) };
const INVPCID_Y: LabCommand = { kind: 'invpcid', type: 0, pcid: 0, gva: hex(Y) };

/** A guest of which all is known. */
function filled(): Lab {
  const lab = guest({ memory: { fills: FILLS } });
  lab.run({ kind: 'invpcid', type: 2, pcid: 0, gva: '0x0' });
  return lab;
}

/** The guest has used both parts of the page, and leads it elsewhere then. */
function moved(flags = LARGE_PTE): Lab {
  const lab = filled();
  writeEntry(lab, PDE, entryFor(0, flags));
  expect([frameAt(lab, X), frameAt(lab, Y)]).toEqual([0x10, 0x12]);
  writeEntry(lab, PDE, entryFor(0x200000, flags));
  return lab;
}

describe('what names a part of a large page names all of it', () => {
  test.each<[string, LabCommand, number, string]>([
    ['INVLPG', INVLPG_Y, LARGE_PTE, '0x210'],
    ['INVLPG, global', INVLPG_Y, LARGE_PTE + GLOBAL, '0x210'],
    ['INVPCID', INVPCID_Y, LARGE_PTE, '0x210'],
    ['INVPCID, global', INVPCID_Y, LARGE_PTE + GLOBAL, '0x210 0x10'],
    ['INVPCID of another PCID', { ...INVPCID_Y, pcid: 1 }, LARGE_PTE, '0x210 0x10'],
    ['INVLPG of the page behind', { kind: 'invlpg', gva: hex(PAGE + 2 ** 21) }, LARGE_PTE, BOTH],
    ['INVLPG of the page before', { kind: 'invlpg', gva: hex(PAGE - 4096) }, LARGE_PTE, BOTH],
  ])('%s', (_, command, flags, frames) => {
    const lab = moved(flags);
    expect(allowed(lab, X)).toBe('0x210 0x10');
    expect(lab.run(command).kind).toBe('ok');
    expect(allowed(lab, X)).toBe(frames);
    // The processor drops just what it must.
    const isKept = frames !== '0x210';
    expect(readData(lab, X)).toBe(`${isKept ? '0x10' : '0x210'} allowed`);
  });

  test('a page fault', () => {
    const lab = moved();
    writeEntry(lab, PDE, 0);
    expect(allowed(lab, X)).toBe('- 0x210 0x10');
    expect(readData(lab, X)).toBe('0x10 allowed');
    keepingTlb(lab, () => {
      expect(frameAt(lab, PAGE + 0x14000)).toMatchObject({ kind: 'fault', vector: '#PF' });
    });
    expect(allowed(lab, X)).toBe('-');
    expect(readData(lab, X)).toBe('0x10 stale-translation');
    // Without an entry of its own left of it, the processor drops what it has of the others.
    frameAt(lab, PAGE + 0x14000);
    expect(readData(lab, X)).toBe('fault allowed');
  });

  test('INVVPID, for what an L2 has cached', () => {
    for (const [gva, frames, read] of [
      [Y, '-', 'fault allowed'],
      [PAGE + 2 ** 21, '- 0x10', '0x10 allowed'],
    ] as const) {
      const lab = startHypervisor({ memory: { fills: FILLS } });
      enterL2(lab);
      writeEntry(lab, PDE, entryFor(0, LARGE_PTE));
      expect(frameAt(lab, X)).toBe(0x10);
      writeEntry(lab, PDE, 0);
      lab.run({ kind: 'vmexit' });
      lab.run({ kind: 'invvpid', type: 0, vpid: 1, gva: hex(gva) });
      enterL2(lab);
      expect(allowed(lab, X)).toBe(frames);
      expect(readData(lab, X)).toBe(read);
    }
  });

  test('the blame is on the invalidation, though it named another part', () => {
    const lab = moved();
    keepingTlb(lab, () => lab.run(INVLPG_Y));
    expect(readData(lab, X)).toBe('0x10 stale-translation');
    expect(violationOf(lab)).toMatchObject({
      allowed: [0x210000],
      write: { commandsAgo: 2, command: 'write', gpa: PDE },
      invalidation: { commandsAgo: 1, command: 'invlpg' },
    });
  });

  test('a state that was encoded knows what its entries are parts of', () => {
    const lab = moved();
    const decoded = decodeVm(lab.vm.config, encodeVm(lab.vm).bytes);
    for (const vm of [lab.vm, decoded]) {
      step(vm, Command.parse({ vcpu: 0, ...INVLPG_Y }), null);
      const outcome = step(vm, Command.parse({ kind: 'read', vcpu: 0, gva: hex(X) }), null);
      expect(outcome).toEqual({ kind: 'ok', value: { page: 0, low: 0x210 } });
      expect(oracleStateOf(vm)).toEqual({ violations: 0, undecided: 0 });
    }
  });

  test('pages of 1 GiB', () => {
    const lab = filled();
    const [x, y] = [2 ** 30 + 0x10000, 2 ** 30 + 0x3fe00000];
    writeEntry(lab, PDPT + 8, entryFor(0, LARGE_PTE));
    expect(frameAt(lab, x)).toBe(0x10);
    writeEntry(lab, PDPT + 8, entryFor(PD, PTE));
    expect(allowed(lab, x)).toBe('- 0x10');
    lab.run({ kind: 'invlpg', gva: hex(2 ** 31) });
    expect(allowed(lab, x)).toBe('- 0x10');
    lab.run({ kind: 'invlpg', gva: hex(y) });
    expect(allowed(lab, x)).toBe('-');
    expect(frameAt(lab, x)).toMatchObject({ kind: 'fault' });
  });

  test('pages of 4 MiB', () => {
    const lab = createGuest({ paging: 'ept', memory: { fills: FILLS } }, '32-bit');
    const [x, y] = [PAGE + 0x10000, PAGE + 0x3ff000];
    lab.run({ kind: 'mov-cr3', value: hex(PML4) });
    const pde = PML4 + 4 * (PAGE / 2 ** 22);
    const store = (entry: number): LabCommand => {
      const gva = hex(0x800000 + pde - ROOTS[0]);
      return { kind: 'write', gva, value: hex(entry), bytes: 4 };
    };
    lab.run(store(entryFor(0, LARGE_PTE)));
    expect(frameAt(lab, x)).toBe(0x10);
    lab.run(store(0));
    expect(allowed(lab, x)).toBe('- 0x10');
    lab.run({ kind: 'invlpg', gva: hex(y + 0x1000) });
    expect(allowed(lab, x)).toBe('- 0x10');
    lab.run({ kind: 'invlpg', gva: hex(y) });
    expect(allowed(lab, x)).toBe('-');
    expect(frameAt(lab, x)).toMatchObject({ kind: 'fault' });
  });
});

describe('the size that counts is that of what is cached', () => {
  test('a page that was split since: its old translations go, those of the table stay', () => {
    const lab = filled();
    writeEntry(lab, PDE, entryFor(0, LARGE_PTE));
    frameAt(lab, X);
    const table = PT + 0x4000;
    writeEntry(lab, table + 8 * 0x10, entryFor(0x14000));
    writeEntry(lab, PDE, entryFor(table));
    expect(allowed(lab, X)).toBe('0x14 0x10');
    lab.run(INVLPG_Y);
    expect(allowed(lab, X)).toBe('0x14');
    expect(readData(lab, X)).toBe('0x14 allowed');
    writeEntry(lab, table + 8 * 0x10, entryFor(0x15000));
    lab.run(INVLPG_Y);
    expect(allowed(lab, X)).toBe('0x15 0x14');
    expect(readData(lab, X)).toBe('0x14 allowed');
  });

  test('a page that another address space of the PCID had mapped goes as well', () => {
    const lab = filled();
    const [A, B] = ROOTS;
    writeEntry(lab, PDE, entryFor(0, LARGE_PTE));
    writeEntry(lab, B - A + PDE, entryFor(0x200000, LARGE_PTE));
    for (const root of [A, B]) {
      lab.run(noFlush(root + 1));
      frameAt(lab, X);
    }
    expect(allowed(lab, X)).toBe('0x210 0x10');
    lab.run(INVLPG_Y);
    expect(allowed(lab, X)).toBe('0x210');
    expect(readData(lab, X)).toBe('0x210 allowed');
  });

  test('neighbours of 4 KiB are told apart', () => {
    const lab = guest();
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(0x11000));
    lab.run({ kind: 'invlpg', gva: hex(DATA + 0x1000) });
    expect(readData(lab)).toBe('0x10 allowed');
    lab.run(INVLPG);
    expect(readData(lab)).toBe('0x11 allowed');
  });
});

describe('KVM, where it shadows', () => {
  test('no part of a large page outlives a store to its entry, so that INVLPG owes none', () => {
    const lab = createGuest({ memory: { fills: FILLS } });
    writeEntry(lab, PDE, entryFor(0, LARGE_PTE));
    expect([frameAt(lab, X), frameAt(lab, Y)]).toEqual([0x10, 0x12]);
    writeEntry(lab, PDE, entryFor(0x200000, LARGE_PTE));
    expect(readData(lab, X)).toBe('0x210 allowed');
    lab.run(INVLPG_Y);
    expect(readData(lab, Y)).toBe('0x212 allowed');
  });
});
