import { describe, expect, test } from 'vitest';
import { decodeVm, encodeVm, oracleStateOf, step } from '../../src/mmu/index.js';
import { judgeStop } from '../../src/mmu/oracle/index.js';
import { Command } from '../../src/mmu/schema/index.js';
import type { Lab, LabCommand } from './lab.js';
import { allowed, guest, INVLPG, keepingTlb, readData, violationOf } from './oracle-lab.js';
import {
  DATA,
  entryFor,
  frameAt,
  hex,
  noFlush,
  PD,
  PT,
  PTE,
  ROOTS,
  writeEntry,
} from './paged-guest.js';

const [A, B] = ROOTS;
const GLOBAL_PTE = PTE + 0x100;

describe('what is charged', () => {
  test('a stale read after INVLPG: the write, the invalidation and what it survived', () => {
    const lab = guest();
    expect(readData(lab)).toBe('0x10 allowed');
    writeEntry(lab, PT, entryFor(0x11000));
    expect(readData(lab)).toBe('0x10 allowed');
    keepingTlb(lab, () => lab.run(INVLPG));
    expect(readData(lab)).toBe('0x10 stale-translation');
    const message =
      'A read of 0x400000 went to 0x10000 by a TLB entry, where it may no longer lead; ' +
      'write, 3 commands earlier, had replaced the entry at 0x103000; ' +
      'invlpg, 1 command earlier, should have dropped it; it survived tlb-flushed (seq 1)';
    expect(violationOf(lab)).toEqual({
      kind: 'violation',
      rule: 'stale-translation',
      access: 'read',
      gva: { page: 0x400, low: 0 },
      gpa: 0x10000,
      by: 'tlb',
      allowed: [0x11000],
      write: { seq: null, commandsAgo: 3, command: 'write', gpa: PT },
      invalidation: { seq: null, commandsAgo: 1, command: 'invlpg' },
      survival: { seq: 1, event: 'tlb-flushed' },
      message,
    });
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 1, undecided: 0 });
  });

  test('a right that is gone', () => {
    const lab = guest();
    lab.run({ kind: 'write', gva: hex(DATA + 8), value: '0x1' });
    writeEntry(lab, PT, entryFor(0x10000, PTE & ~2));
    const store: LabCommand = { kind: 'write', gva: hex(DATA + 8), value: '0x2' };
    expect(lab.run(store).kind).toBe('ok');
    expect(violationOf(lab)).toBeNull();
    keepingTlb(lab, () => lab.run(INVLPG));
    expect(lab.run(store).kind).toBe('ok');
    expect(violationOf(lab)?.rule).toBe('stale-right');
    // To read is still allowed.
    expect(readData(lab)).toBe('0x10 allowed');
  });

  test('nobody need listen', () => {
    const lab = guest();
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(0x11000));
    keepingTlb(lab, () => lab.run(INVLPG));
    step(lab.vm, Command.parse({ kind: 'read', vcpu: 0, gva: hex(DATA) }), null);
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 1, undecided: 0 });
  });

  test('nothing, where the oracle is off', () => {
    const lab = guest({ oracle: 'off' });
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(0x11000));
    keepingTlb(lab, () => lab.run(INVLPG));
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)).toBeNull();
  });

  test('a state that was encoded is judged on', () => {
    const lab = guest();
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(0x11000));
    keepingTlb(lab, () => lab.run(INVLPG));
    const { bytes } = encodeVm(lab.vm);
    const decoded = decodeVm(lab.vm.config, bytes);
    expect(encodeVm(decoded).bytes).toEqual(bytes);
    for (const vm of [lab.vm, decoded]) {
      step(vm, Command.parse({ kind: 'read', vcpu: 0, gva: hex(DATA) }), null);
      expect(oracleStateOf(vm)).toEqual({ violations: 1, undecided: 0 });
    }
  });
});

describe('faults', () => {
  /** The processor faults at the first page, for a write, whatever the tables say. */
  function spuriousFault({ vm, vcpu, events }: Lab): string {
    events.length = 0;
    const address = { page: DATA / 4096, low: 0 };
    const access = { kind: 'write', user: false, ac: false } as const;
    const outcome = { kind: 'fault', vector: '#PF', errorCode: 3, address } as const;
    judgeStop(vm, vcpu, { address, access }, outcome, (_vcpu, event) => events.push(event));
    return violationOf({ vm, vcpu, events } as Lab)?.rule ?? 'allowed';
  }

  test('a right that was added may be seen late once: the fault drops what it was due to', () => {
    const lab = guest();
    writeEntry(lab, PT, entryFor(0x10000, PTE & ~2));
    lab.run(INVLPG);
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(0x10000));
    expect(spuriousFault(lab)).toBe('allowed');
    expect(spuriousFault(lab)).toBe('spurious-fault');
  });

  test('an entry that was not present is never cached', () => {
    const lab = guest();
    writeEntry(lab, PT, 0);
    lab.run(INVLPG);
    expect(lab.run({ kind: 'read', gva: hex(DATA) }).kind).toBe('fault');
    writeEntry(lab, PT, entryFor(0x11000));
    expect(spuriousFault(lab)).toBe('spurious-fault');
  });

  test('KVM forgets nothing by one that it injects for a reserved bit', () => {
    const lab = guest({ paging: 'shadow' });
    const store: LabCommand = { kind: 'write', gva: hex(DATA + 8), value: '0x1' };
    lab.run(store);
    lab.run({ kind: 'dirty-log', slot: 0, enabled: true });
    writeEntry(lab, PT, 2 ** 48 + entryFor(0x10000));
    expect(lab.run(store)).toMatchObject({ kind: 'fault', vector: '#PF', errorCode: 0xb });
    expect(readData(lab)).toBe('0x10 allowed');
    lab.run(INVLPG);
    expect(lab.run({ kind: 'read', gva: hex(DATA) })).toMatchObject({ errorCode: 0x9 });
  });
});

describe('tags', () => {
  /** Two address spaces, PCIDs 1 and 2, in which the first page is read and then replaced. */
  function twoSpaces(flags = PTE): Lab {
    const lab = guest();
    for (const root of [A, B]) writeEntry(lab, root + 0x3000, entryFor(0x12000, flags));
    lab.run({ kind: 'invpcid', type: 2, pcid: 0, gva: '0x0' });
    for (const cr3 of [B + 2, A + 1]) {
      lab.run(noFlush(cr3));
      frameAt(lab, DATA);
    }
    for (const root of [A, B]) writeEntry(lab, root + 0x3000, entryFor(0x13000, flags));
    return lab;
  }
  const OLD_AND_NEW = '0x13 0x12';
  const invpcid = (type: number, pcid: number): LabCommand => {
    return { kind: 'invpcid', type, pcid, gva: hex(DATA) };
  };

  test.each<[string, LabCommand, number, string, string]>([
    ['INVLPG', INVLPG, PTE, '0x13', OLD_AND_NEW],
    ['INVLPG, global', INVLPG, GLOBAL_PTE, '0x13', '0x13'],
    ['INVPCID 0', invpcid(0, 1), PTE, '0x13', OLD_AND_NEW],
    ['INVPCID 1', invpcid(1, 2), PTE, OLD_AND_NEW, '0x13'],
    ['INVPCID 1, global', invpcid(1, 1), GLOBAL_PTE, OLD_AND_NEW, OLD_AND_NEW],
    ['INVPCID 2, global', invpcid(2, 0), GLOBAL_PTE, '0x13', '0x13'],
    ['INVPCID 3', invpcid(3, 0), PTE, '0x13', '0x13'],
    ['INVPCID 3, global', invpcid(3, 0), GLOBAL_PTE, OLD_AND_NEW, OLD_AND_NEW],
    ['a load that flushes', { kind: 'mov-cr3', value: hex(A + 1) }, PTE, '0x13', OLD_AND_NEW],
    ['a load that keeps', noFlush(A + 1), PTE, OLD_AND_NEW, OLD_AND_NEW],
    ['PGE', { kind: 'mov-cr4', value: '0x20020' }, GLOBAL_PTE, '0x13', '0x13'],
    ['SMAP', { kind: 'mov-cr4', value: '0x2200a0' }, PTE, OLD_AND_NEW, OLD_AND_NEW],
  ])('%s: what PCID 1 and PCID 2 may use afterwards', (_, command, flags, first, second) => {
    const lab = twoSpaces(flags);
    expect(lab.run(command).kind).toBe('ok');
    expect(allowed(lab)).toBe(first);
    lab.run(noFlush(B + 2));
    expect(allowed(lab)).toBe(second);
  });

  test('a context that is come back to is judged by what was dropped there', () => {
    const lab = twoSpaces();
    keepingTlb(lab, () => lab.run(invpcid(1, 2)));
    lab.run(noFlush(B + 2));
    expect(readData(lab)).toBe('0x12 stale-translation');
    lab.run(noFlush(A + 1));
    expect(readData(lab)).toBe('0x12 allowed');
  });
});

describe('a walk', () => {
  /** A second table for the first page, which leads to frame 0x14. */
  function withOtherTable(): Lab {
    const lab = guest();
    lab.run(INVLPG);
    writeEntry(lab, A + 0x9000, entryFor(0x14000));
    frameAt(lab, DATA);
    return lab;
  }
  const PDE = PD + 8 * (DATA / 2 ** 21);
  const OTHER_TABLE = A + 0x9000;

  test('may take each level from another moment', () => {
    const lab = withOtherTable();
    // The old table is changed first and unlinked then: its later entry may be met by an old PDE.
    writeEntry(lab, PT, entryFor(0x11000));
    writeEntry(lab, PDE, entryFor(OTHER_TABLE));
    expect(allowed(lab)).toBe('0x14 0x11 0x10');
    lab.run(INVLPG);
    expect(allowed(lab)).toBe('0x14');
  });

  test('may take an upper level from a cache', () => {
    const lab = withOtherTable();
    writeEntry(lab, PDE, entryFor(OTHER_TABLE));
    // The old table may still be met by way of the old PDE, until INVLPG, of whatever page, names all
    // upper levels: what is written there afterwards nobody can have cached.
    writeEntry(lab, PT, entryFor(0x15000));
    expect(allowed(lab)).toBe('0x14 0x15 0x10');
    lab.run({ kind: 'invlpg', gva: hex(DATA + 0x200000) });
    writeEntry(lab, PT, entryFor(0x16000));
    expect(allowed(lab)).toBe('0x14 0x15 0x10');
    lab.run(INVLPG);
    expect(allowed(lab)).toBe('0x14');
  });
});
