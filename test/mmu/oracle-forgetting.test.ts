import { describe, expect, test } from 'vitest';
import { oracleStateOf } from '../../src/mmu/index.js';
import { PAST_VALUES_MAX } from '../../src/mmu/oracle/past.js';
import type { Lab, LabCommand } from './lab.js';
import { allowed, guest, INVLPG, keepingTlb, readData } from './oracle-lab.js';
import { DATA, entryFor, frameAt, hex, PD, PT, PTE, ROOTS, writeEntry } from './paged-guest.js';

const [A, B] = ROOTS;
const GLOBAL = PTE + 0x100;
/** Two changes of a register that no processor and no guest need take for a flush. */
const SET_SREGS: LabCommand = { kind: 'set-sregs' };
const NX_OFF: LabCommand = { kind: 'wrmsr-efer', value: '0x500' };
const NX_ON: LabCommand = { kind: 'wrmsr-efer', value: '0xd00' };
const MOV_CR3: LabCommand = { kind: 'mov-cr3', value: hex(A) };
const INVPCID: LabCommand = { kind: 'invpcid', type: 1, pcid: 0, gva: '0x0' };

/** The guest stores more different values in an entry than are kept of one. */
function rewrite(lab: Lab, at: number, flags = PTE): void {
  for (let i = 0; i <= PAST_VALUES_MAX; i += 1) {
    writeEntry(lab, at, entryFor(0x20000 + i * 4096, flags));
  }
}

/** A use of the first page after a flush of its PCID that dropped nothing. */
function staleAfter(flush: LabCommand, ...between: readonly ((lab: Lab) => void)[]): Lab {
  const lab = guest();
  // From its first walk on, what is written to a table is remembered.
  frameAt(lab, DATA);
  for (const act of between) act(lab);
  writeEntry(lab, PT, entryFor(0x10000));
  lab.run(MOV_CR3);
  expect(frameAt(lab, DATA)).toBe(0x10);
  writeEntry(lab, PT, entryFor(0x11000));
  keepingTlb(lab, () => lab.run(flush));
  return lab;
}

const run = (command: LabCommand) => (lab: Lab) => void lab.run(command);

describe.each([
  ['MOV CR3', MOV_CR3],
  ['INVPCID of a PCID', INVPCID],
] as const)('after %s, which spares global pages, a stale use is', (_what, flush) => {
  test.each<[string, readonly ((lab: Lab) => void)[]]>([
    ['nothing', []],
    ['KVM_SET_SREGS', [run(SET_SREGS)]],
    ['EFER.NX, off and on', [run(NX_OFF), run(NX_ON)]],
    ['the entry itself, rewritten too often', [(lab) => rewrite(lab, PT)]],
    ['an entry above it, rewritten too often', [(lab) => rewriteAbove(lab)]],
    ['another entry, made global too often', [(lab) => rewrite(lab, PT + 8, GLOBAL)]],
  ])('a violation, if no page was global: before it came %s', (_before, between) => {
    const lab = staleAfter(flush, ...between);
    expect(readData(lab)).toBe('0x10 stale-translation');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 1, undecided: 0 });
  });

  test('undecided, if the entry may have been global among what is forgotten', () => {
    const lab = staleAfter(flush, (lab) => {
      rewrite(lab, PT, GLOBAL);
      rewrite(lab, PT);
    });
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 1 });
    keepingTlb(lab, () => lab.run({ kind: 'mov-cr4', value: '0x20020' }));
    expect(readData(lab)).toBe('0x10 stale-translation');
  });
});

/** The entry of the directory, often: it leads where it led in the end. */
function rewriteAbove(lab: Lab): void {
  const at = PD + 8 * (DATA / 2 ** 21);
  const other = B + 0x3000;
  for (let i = 0; i <= PAST_VALUES_MAX; i += 1) writeEntry(lab, at, other + PTE + i * 2 ** 40);
  writeEntry(lab, at, PT + PTE);
}

describe('of an entry', () => {
  test('values that are alike are one, from the first time to the last', () => {
    const lab = guest();
    frameAt(lab, DATA);
    for (let i = 0; i < 3 * PAST_VALUES_MAX; i += 1) {
      writeEntry(lab, PT, entryFor(i % 2 === 0 ? 0x11000 : 0x12000));
    }
    expect(allowed(lab)).toBe('0x12 0x11 0x10');
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
  });

  test('too many values leave other entries as well known as ever', () => {
    const lab = guest();
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(0x11000));
    rewrite(lab, PT + 8);
    expect(allowed(lab)).toBe('0x11 0x10');
    expect(allowed(lab, DATA + 4096).endsWith(' ...')).toBe(true);
  });
});

describe('what was cached while entries were read otherwise', () => {
  const NX_ENTRY = '0x8000000000010067';
  const store = (lab: Lab, value: string) =>
    lab.run({ kind: 'write', gva: hex(0x800000 + PT - A), value });

  test('is told among what is allowed, as far as it was', () => {
    const lab = guest();
    store(lab, NX_ENTRY);
    lab.run(INVLPG);
    frameAt(lab, DATA);
    lab.run(NX_OFF);
    expect(allowed(lab)).toBe('- 0x10');
    lab.run(MOV_CR3);
    expect(allowed(lab)).toBe('-');
  });
});
