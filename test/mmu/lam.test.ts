import { expect, test } from 'vitest';
import { type Registers, untagged, wordFromHex, wordToHex } from '../../src/mmu/machine/index.js';

const LONG = { cr0: 0x80010033, cr4: 0xa0, efer: 0x500, cpl: 0, csL: true, vm86: false };
const LA57 = 0x1000;
const LAM_SUP = 0x10000000;
const U48 = '0x4000000000001000';
const U57 = '0x2000000000001000';
const BOTH = '0x6000000000001000';

interface Mode {
  readonly cr3?: string;
  readonly cr4?: number;
  readonly csL?: boolean;
  readonly lam?: boolean;
}

function masked(gva: string, { cr3 = '0x1000', cr4 = 0, csL = true, lam = true }: Mode): string {
  const regs: Registers = {
    ...LONG,
    cr3: wordFromHex(cr3),
    cr4: LONG.cr4 | cr4,
    csL,
    pdptrs: [],
    ...{ pkru: 0, pkrs: 0 },
  };
  return wordToHex(untagged(wordFromHex(gva), regs, lam));
}

test.each<[string, string, Mode, string]>([
  ['no control', '0x7fff000000001234', {}, '0x7fff000000001234'],
  ['U48', '0x7fff000000001234', { cr3: U48 }, '0x1234'],
  ['U48 keeps bits below 47', '0x5a5a7fffffffffff', { cr3: U48 }, '0x7fffffffffff'],
  ['U48, sign set: not canonical', '0x800000001234', { cr3: U48 }, '0x7fff800000001234'],
  [
    'U48 under 5-level paging, sign set',
    '0x800000001234',
    { cr3: U48, cr4: LA57 },
    '0x7fff800000001234',
  ],
  ['U57', '0x7e00000000001234', { cr3: U57 }, '0x1234'],
  ['U57 leaves bits 56:47', '0x7e40000000001234', { cr3: U57 }, '0x40000000001234'],
  ['U57 wins over U48', '0x5400800000001234', { cr3: BOTH }, '0x800000001234'],
  ['user control, supervisor pointer', '0x8001800000000000', { cr3: BOTH }, '0x8001800000000000'],
  ['supervisor, 48 bits', '0x8001800000001234', { cr4: LAM_SUP }, '0xffff800000001234'],
  ['supervisor, sign clear', '0xffff000000001234', { cr4: LAM_SUP }, '0x8000000000001234'],
  ['supervisor, 57 bits', '0x81ff000000001234', { cr4: LAM_SUP | LA57 }, '0xffff000000001234'],
  [
    'supervisor control, user pointer',
    '0x7fff000000001234',
    { cr4: LAM_SUP },
    '0x7fff000000001234',
  ],
  ['compatibility mode', '0x7fff000000001234', { cr3: U48, csL: false }, '0x7fff000000001234'],
  ['not offered', '0x7fff000000001234', { cr3: U48, lam: false }, '0x7fff000000001234'],
])('%s: %s', (_what, gva, mode, address) => {
  expect(masked(gva, mode)).toBe(address);
});
