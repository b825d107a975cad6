import { expect, test } from 'vitest';
import { judgeCases } from '../../conformance/judge/index.js';
import { allRight, caseOf, type Facts, type Row } from './architecture-rows.js';

const npf = (exitinfo1: string): Facts => ({ outcome: 'vmexit', reason: 'NPF 0x400', exitinfo1 });
const ANY = { 'guest_nx/smep': 'any of 4 combinations, no effect' };
const FETCH = { kind: 'fetch' };
const reserved = (otherwise: string, entry: string, nx: number, smep: number): Facts => ({
  ...{ entry, host_efer_nx: nx, host_cr4_smep: smep, ...ANY },
  reserved: `XD (bit 63) when host NX=0, else ${otherwise}`,
});
const ADDRESS = 'bits MAXPHYADDR..51';
const LARGE = 'bits 13..20 with PS';
const HUGE = 'PS (no 1G) or bits 13..29 with PS';

test('entries of the nested page tables', () => {
  allRight('npt', 'L2_ACCESS', [
    [{ npt_pte: 'P=0' }, { kind: 'read' }, npf('0x100000004')],
    [{ npt_pte: 'P=0' }, { kind: 'write' }, npf('0x100000006')],
    [{ npt_pte: 'P=0', host_cr4_smep: 1 }, FETCH, npf('0x100000014')],
    [{ npt_pte: 'W=0' }, { kind: 'write', gpa: '0x80000' }, npf('0x100000007')],
    [{ npt_pte: 'W=0' }, { kind: 'read|exec' }, 'ok'],
    [{ npt_pte: 'APIC page mapped' }, { kind: 'read|write', gpa: '0xfee00030' }, 'ok'],
  ]);
});

test('guest mode execute trap', () => {
  allRight('npt', 'L2_ACCESS', [
    [{ gmet: 1, npt_pte: 'U=0, NX=1' }, FETCH, npf('0x100000011 (U bit may vary)')],
    [{ gmet: 1, npt_pte: 'U=1 supervisor fetch' }, FETCH, npf('0x100000011 (U bit may vary)')],
    [{ gmet: 1, npt_pte: 'U=0' }, { kind: 'read|write|exec' }, 'ok'],
    [{ gmet: 0, npt_pte: 'U=0' }, FETCH, npf('0x100000015')],
    [{ gmet: 0, npt_pte: 'U=1 supervisor fetch' }, FETCH, 'ok'],
  ]);
});

test('reserved bits by the registers of L1, whatever L2 has', () => {
  allRight('npt', 'L2_ACCESS', [
    [reserved(ADDRESS, 'PTE', 0, 0), FETCH, npf('0x10000000d')],
    [reserved(ADDRESS, 'PTE', 0, 1), FETCH, npf('0x10000001d')],
    [reserved(ADDRESS, 'PTE', 1, 0), FETCH, npf('0x10000001d')],
    [reserved(ADDRESS, 'PTE', 1, 1), { kind: 'write' }, npf('0x10000000f')],
    [reserved(LARGE, 'PDE', 1, 0), FETCH, npf('0x10000001d')],
    [reserved(HUGE, 'PDPE', 0, 1), FETCH, npf('0x20000000f')],
    [reserved(HUGE, 'PDPE', 1, 0), FETCH, npf('0x20000000f')],
    [reserved('bit 8', 'PML4E', 0, 0), { kind: 'read' }, npf('0x20000000f')],
    [reserved('bit 8', 'PML4E', 1, 1), FETCH, npf('0x20000000f')],
  ]);
});

test.each<[string, Row]>([
  [
    'expected vmexit NPF, exitinfo1 0x100000005, came read: vmexit 0x400 qualification 0x100000004',
    [{ npt_pte: 'P=0' }, { kind: 'read' }, npf('0x100000005')],
  ],
  [
    'expected ok, came read: vmexit 0x400 qualification 0x100000004',
    [{ npt_pte: 'P=0' }, { kind: 'read' }, 'ok'],
  ],
])('a wrong expectation fails: %s', (sentence, row) => {
  const [failure] = judgeCases([caseOf('npt', 'L2_ACCESS', row)]).failures;
  expect(`expected ${failure?.expected}, came ${failure?.came}`).toBe(sentence);
});

test('a U bit that may vary may be either, and nothing else', () => {
  const said = npf('0x100000000 (U bit may vary)');
  allRight('npt', 'L2_ACCESS', [[{ npt_pte: 'P=0' }, { kind: 'read' }, said]]);
  const row: Row = [{ npt_pte: 'P=0' }, { kind: 'write' }, said];
  expect(judgeCases([caseOf('npt', 'L2_ACCESS', row)]).failures).toHaveLength(1);
});

test.each<[string, Facts]>([
  ['setup smm', { smm: 1, npt_pte: 'P=0' }],
  ['npt_pte "U=2"', { npt_pte: 'U=2' }],
  ['entry "PML5E"', { entry: 'PML5E' }],
  ['reserved "moon"', { entry: 'PTE', reserved: 'moon' }],
])('what has no rule is skipped by name: %s', (what, setup) => {
  const { skipped } = judgeCases([caseOf('npt', 'L2_ACCESS', [setup, { kind: 'read' }, 'ok'])]);
  expect(skipped).toEqual({ [`npt: no rule for ${what}`]: 1 });
});
