import { describe, expect, test } from 'vitest';
import { ROLE, shadowPageStateOf, shadowPagesOf } from '../../src/mmu/index.js';
import type { Outcome, VmConfigInput } from '../../src/mmu/schema/index.js';
import type { Lab } from './lab.js';
import { keepingTlb, violationOf } from './oracle-lab.js';
import { DATA, DATA_GPA, hex, PT, seen } from './paged-guest.js';
import {
  EPT_PD,
  EPT_PDPT,
  EPT_PT,
  EPT_ROOT,
  EPTP,
  enterL2,
  runL2In,
  startHypervisor,
} from './paged-hypervisor.js';

const MODE_BASED = '0x400022';
const FETCH = { kind: 'execute', gva: hex(DATA) } as const;
const FETCH_AT_CPL_3 = { ...FETCH, user: true } as const;

/** Entries of the guest's page: the user's, and the supervisor's. */
const USER = DATA_GPA + 0x67;
const SUPERVISOR = DATA_GPA + 0x63;

/** Rights of an EPT entry, to which a write-back leaf of the page is made. */
const R = 0x1;
const RWX = 0x7;
const XU = 0x400;

/** L1 with mode-based execute control; all it maps has both rights to fetch, but for the page. */
function hypervisor(rights: number, guestPte = USER, config: VmConfigInput = {}): Lab {
  const lab = startHypervisor({ kernel: '7.3', ...config }, MODE_BASED);
  for (const [place, next] of [
    [EPT_ROOT, EPT_PDPT],
    [EPT_PDPT, EPT_PD],
    [EPT_PD, EPT_PT],
  ] as const) {
    store(lab, place, next + RWX + XU);
  }
  store(lab, PT, guestPte);
  storeRights(lab, rights);
  return lab;
}

function store(lab: Lab, gpa: number, value: number): void {
  lab.run({ kind: 'write', gva: seen(gpa), value: hex(value) });
}

/** L1 stores the EPT entry of the page. */
function storeRights(lab: Lab, rights: number): void {
  store(lab, EPT_PT + (DATA_GPA / 4096) * 8, DATA_GPA + 0x30 + rights);
}

function invept(lab: Lab): Outcome {
  return lab.run({ kind: 'invept', type: 1, eptp: hex(EPTP) });
}

/** `ok`, or the qualification of the violation. */
function endOf(outcome: Outcome): string {
  return outcome.kind === 'vm-exit' ? hex(outcome.qualification.low) : outcome.kind;
}

describe.each(['ideal', 'off'] as const)('a fetch of L2, TLB %s', (tlb) => {
  test.each([
    ['both', USER, RWX + XU, 'ok'],
    ['the supervisor’s right, the user’s page', USER, RWX, '0x1bc'],
    ['the supervisor’s right, its own page', SUPERVISOR, RWX, 'ok'],
    ['the user’s right, its own page', USER, R + XU, 'ok'],
    ['the user’s right, the supervisor’s page', SUPERVISOR, R + XU, '0x1cc'],
    ['the user’s right alone', USER, XU, 'ok'],
    ['neither', USER, R, '0x18c'],
  ])('%s', (_what, guestPte, rights, end) => {
    const lab = hypervisor(rights, guestPte, { tlb });
    const fetches = guestPte === USER ? [FETCH, FETCH_AT_CPL_3, FETCH] : [FETCH, FETCH];
    for (const fetch of fetches) {
      expect(endOf(runL2In(lab, fetch))).toBe(end);
      expect(violationOf(lab)).toBe(null);
    }
  });

  test('without paging is from a user-mode address', () => {
    const lab = hypervisor(RWX, USER, { tlb });
    lab.run({ kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x4000a2' });
    lab.run({ kind: 'vmwrite', field: 'GUEST_CR0', value: '0x30' });
    lab.run({ kind: 'vmwrite', field: 'VM_ENTRY_CONTROLS', value: '0x11fb' });
    lab.run({ kind: 'vmwrite', field: 'GUEST_IA32_EFER', value: '0x0' });
    const fetch = { kind: 'execute', gva: hex(DATA_GPA) } as const;
    expect(endOf(runL2In(lab, fetch))).toBe('0x1bc');
    storeRights(lab, R + XU);
    expect(endOf(runL2In(lab, fetch))).toBe('ok');
  });
});

test('entries above count as well, and tables of L2 need no right to be fetched from', () => {
  const lab = hypervisor(RWX + XU);
  store(lab, EPT_PD, EPT_PT + RWX);
  expect(endOf(runL2In(lab, FETCH))).toBe('0x1bc');
  expect(endOf(runL2In(lab, { kind: 'read', gva: hex(DATA) }))).toBe('ok');
});

test('a right that L1 takes away holds until it is invalidated, and no longer', () => {
  const lab = hypervisor(RWX + XU);
  runL2In(lab, FETCH);
  storeRights(lab, RWX);
  invept(lab);
  expect(endOf(runL2In(lab, FETCH))).toBe('0x1bc');
  expect(violationOf(lab)).toBe(null);
});

test.each([
  ['the user’s', USER, RWX],
  ['the supervisor’s', SUPERVISOR, R + XU],
] as const)('the oracle notices a stale right to fetch, %s', (_what, guestPte, left) => {
  const lab = hypervisor(RWX + XU, guestPte);
  runL2In(lab, FETCH);
  storeRights(lab, left);
  keepingTlb(lab, () => {
    invept(lab);
    enterL2(lab);
  });
  lab.run(FETCH);
  expect(violationOf(lab)?.rule ?? null).toBe('stale-right');
});

test('a sync of the shadow follows either right', () => {
  const lab = hypervisor(RWX, USER, { tlb: 'off' });
  expect(endOf(runL2In(lab, FETCH))).toBe('0x1bc');
  for (const [rights, end] of [
    [RWX + XU, 'ok'],
    [RWX, '0x1bc'],
    [R + XU, 'ok'],
  ] as const) {
    storeRights(lab, rights);
    invept(lab);
    expect(endOf(runL2In(lab, FETCH))).toBe(end);
  }
});

test('a large page of the EPT has a map for each pair of rights', () => {
  const lab = hypervisor(RWX);
  store(lab, EPT_PD, 0xb0 + RWX + XU);
  expect(endOf(runL2In(lab, FETCH))).toBe('ok');
  const direct = () =>
    (shadowPagesOf(lab.vm, {}) ?? [])
      .map((page) => shadowPageStateOf(lab.vm, page))
      .filter((page) => page.guestMode && page.direct)
      .map(({ access }) => [access.execute, access.user]);
  expect(direct()).toEqual([[true, true]]);
  store(lab, EPT_PD, 0xb0 + RWX);
  invept(lab);
  expect(endOf(runL2In(lab, FETCH))).toBe('0x1bc');
  expect(direct()).toContainEqual([true, null]);
});

test('another setting of the control has a root of its own', () => {
  const lab = hypervisor(RWX);
  expect(endOf(runL2In(lab, FETCH))).toBe('0x1bc');
  const told = lab.vcpu.guestMmu.role;
  lab.run({ kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x22' });
  expect(endOf(runL2In(lab, FETCH))).toBe('ok');
  expect(violationOf(lab)).toBe(null);
  expect(told ^ lab.vcpu.guestMmu.role).toBe(ROLE.CR4_SMEP | ROLE.ACC_USER_EXEC);
});

test('bit 10 means nothing without the control', () => {
  const lab = hypervisor(XU);
  lab.run({ kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x22' });
  expect(endOf(runL2In(lab, FETCH))).toBe('0x184');
  storeRights(lab, RWX);
  expect(endOf(runL2In(lab, FETCH))).toBe('ok');
});
