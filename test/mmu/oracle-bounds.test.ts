import { describe, expect, test } from 'vitest';
import { oracleStateOf, pagesHeldBy, type Vm } from '../../src/mmu/index.js';
import { CONTEXTS_MAX } from '../../src/mmu/oracle/context.js';
import { VPIDS_MAX } from '../../src/mmu/oracle/drop.js';
import { judgeStop } from '../../src/mmu/oracle/index.js';
import { PAST_MAX, PAST_VALUES_MAX, TABLES_MAX } from '../../src/mmu/oracle/past.js';
import type { Lab } from './lab.js';
import { allowed, guest, INVLPG, keepingTlb, oracleOf, readData } from './oracle-lab.js';
import {
  DATA,
  entryFor,
  frameAt,
  hex,
  noFlush,
  PD,
  PDPT,
  PT,
  ROOTS,
  writeEntry,
} from './paged-guest.js';
import { EPT_ROOT, enterL2, startHypervisor } from './paged-hypervisor.js';

const [A] = ROOTS;

describe('bounds', () => {
  /** The first page is read, and then led to another frame. */
  function stale(): Lab {
    const lab = guest();
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(0x11000));
    return lab;
  }

  test('values of one entry: what is forgotten is not judged', () => {
    const lab = stale();
    const frames = Array.from({ length: PAST_VALUES_MAX }, (_, i) => 0x12 + i);
    for (const frame of frames) writeEntry(lab, PT, entryFor(frame * 4096));
    expect(allowed(lab)).toBe([...frames.map(hex).reverse(), '0x11', '...'].join(' '));
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 1 });
    // After an invalidation all is known again.
    keepingTlb(lab, () => lab.run(INVLPG));
    expect(readData(lab)).toBe('0x10 stale-translation');
  });

  test('values of all entries', () => {
    const lab = stale();
    const oracle = oracleOf(lab);
    // Two tables of which each has 500 entries with some 30 values do not quite fill it: a third does.
    for (let i = 0; i < 25_000 && oracle.forgotten === 0; i += 1) {
      for (const table of [PT, PD, PDPT]) writeEntry(lab, table + 8 * (8 + (i % 500)), i);
    }
    expect(oracle.forgotten).toBeGreaterThan(0);
    expect(oracle.pastCount).toBeLessThanOrEqual(PAST_MAX);
    expect(readData(lab)).toBe('0x10 allowed');
    const { violations } = oracleStateOf(lab.vm) ?? {};
    expect(violations).toBe(0);
  });

  test('contexts of a VPID', () => {
    const lab = stale();
    for (let i = 0; i <= CONTEXTS_MAX; i += 1) lab.run(noFlush(A + 8 + i));
    expect(oracleOf(lab).vcpus[0]?.vpids.get(0)?.contexts.length).toBe(CONTEXTS_MAX);
    lab.run(noFlush(A));
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)?.violations).toBe(0);
  });

  test('VPIDs', () => {
    const lab = startHypervisor();
    enterL2(lab);
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(0x11000));
    for (let vpid = 2; vpid < VPIDS_MAX + 2; vpid += 1) {
      lab.run({ kind: 'vmexit' });
      lab.run({ kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: hex(vpid) });
      keepingTlb(lab, () => enterL2(lab));
    }
    expect(oracleOf(lab).vcpus[0]?.vpids.size).toBe(VPIDS_MAX);
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' });
    keepingTlb(lab, () => enterL2(lab));
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)?.violations).toBe(0);
  });

  test('entries to look at: an EPT that leads to itself, and did in many ways', () => {
    const lab = startHypervisor();
    enterL2(lab);
    frameAt(lab, DATA);
    lab.run({ kind: 'vmexit' });
    const loop = hex(EPT_ROOT + 0x7);
    for (let i = 0; i < PAST_VALUES_MAX; i += 1) {
      lab.run({ kind: 'write', gva: hex(0x800000 + EPT_ROOT - A), value: loop });
    }
    enterL2(lab);
    const access = { kind: 'write', user: false, ac: false } as const;
    const address = { page: DATA / 4096, low: 0 };
    const qualification = { page: 0, low: 0x182 };
    const violated = { kind: 'vm-exit', reason: 48, qualification, gpa: 0 } as const;
    judgeStop(lab.vm, lab.vcpu, { address, access }, violated, null);
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 1 });
  });

  test('tables: beyond their number every frame may be one', () => {
    const lab = guest();
    const { tables } = oracleOf(lab);
    for (let gfn = 0x80000; tables.size < TABLES_MAX; gfn += 1) tables.add(gfn);
    const before = oracleOf(lab).pastCount;
    lab.run({ kind: 'write', gva: hex(DATA), value: '0x1' });
    expect(tables.size).toBe(TABLES_MAX);
    expect(oracleOf(lab).pastCount).toBe(before + 1);
  });

  test('what is remembered is part of the room that a VM takes', () => {
    const roomOf = (vm: Vm): number => pagesHeldBy(vm) - pagesHeldBy({ ...vm, oracle: null });
    const lab = guest();
    frameAt(lab, DATA);
    writeEntry(lab, PT + 8 * 7, 0);
    lab.run(INVLPG);
    const before = roomOf(lab.vm);
    for (let i = 0; i < 32 * 4; i += 1) writeEntry(lab, PT + 8 * (8 + i), 0);
    expect(roomOf(lab.vm)).toBe(before + 4);
    for (let i = 0; i < 32 * 4; i += 1) lab.run({ kind: 'invlpg', gva: hex(i * 4096) });
    expect(roomOf(lab.vm)).toBe(before + 12);
  });
});
