import { describe, expect, test } from 'vitest';
import { judgeCases } from '../../conformance/judge/index.js';
import { allRight, caseOf, type Facts, type Row } from './architecture-rows.js';

const fault = (code: string): Facts => ({ outcome: 'fault', vector: '#PF', error_code: code });
const violation = (qualification: string, gpa = '0x8000000000'): Facts => ({
  ...{ outcome: 'vmexit', reason: 48 },
  ...{ qualification, gpa },
});
const MISCONFIGURED = { outcome: 'vmexit', reason: 49, qualification: '0x0' };
const OPEN = { P: 1, W: 1, U: 1, XD: 0 };

describe('cases of each area, with values of every kind', () => {
  test('accesses by linear addresses', () => {
    const reserved = { efer_nxe: 1, maxphyaddr: '<= 36', fault_level: 'pde' };
    const large = { maxphyaddr: 'any', fault_level: 'pde (2M leaf)' };
    allRight('access', 'LINEAR_ACCESS', [
      [{}, { kind: 'read', user: 1, pte: OPEN }, { outcome: 'ok', pte_after: 'A=1' }],
      [{}, { kind: 'write', user: 0, pte: OPEN }, { outcome: 'ok', pte_after: 'A=1,D=1' }],
      [
        { cr0_wp: 1 },
        { kind: 'write', user: 0, pte: { ...OPEN, W: 0, D: 1 } },
        { ...fault('0x3'), pte_after: 'A/D unchanged' },
      ],
      [{ cr0_wp: 0 }, { kind: 'write', pte: { W: 0 } }, { outcome: 'ok', pte_after: 'A=1,D=1' }],
      [{ smep: 1 }, { kind: 'fetch', pte: { P: 0 } }, fault('0x10')],
      [{ smap: 1 }, { kind: 'read', pte: OPEN }, fault('0x1')],
      [{ smap: 1, eflags_ac: 1 }, { kind: 'read', pte: OPEN }, 'ok'],
      [{ pde: 'present read-only user' }, { kind: 'write', user: 1 }, fault('0x7')],
      [{ pde: 'present writable supervisor' }, { kind: 'read', user: 1 }, fault('0x5')],
      [{ pdpte: { XD: 1 }, efer_nxe: 1 }, { kind: 'fetch' }, fault('0x11')],
      [{ efer_nxe: 0 }, { kind: 'read', pml4e: { XD: 1 } }, fault('0x9')],
      [reserved, { kind: 'fetch', user: 1, reserved_bit: '0x1000000000' }, fault('0x1d')],
      [{ ...reserved, maxphyaddr: 36 }, { kind: 'read', reserved_bit: '0x800' }, 'ok'],
      [large, { kind: 'write', user: 0, reserved_bit: '0x2000' }, fault('0xb')],
      [large, { kind: 'read', reserved_bit: '0x200' }, { outcome: 'ok', pte_after: 'A=1' }],
      [{ fault_level: 'pdpte (1G leaf)' }, { kind: 'read', reserved_bit: '0x2000' }, fault('0x9')],
      [
        { fault_level: 'pml4e' },
        { kind: 'read', user: 1, pml4e: 'P=0 with reserved bits 51 and XD set' },
        fault('0x4'),
      ],
      [{ fault_level: 'pdpte' }, { kind: 'write', user: 1, pdpte_P: 0 }, fault('0x6')],
    ]);
  });

  test('protection keys', () => {
    const key1 = { cr4_pke: 1, cr0_wp: 1, pte_pkey: 1 };
    const user = { AD: 0, WD: 1 };
    const write = { kind: 'write', pte: OPEN };
    allRight('pku', 'LINEAR_ACCESS', [
      [{ ...key1, pkru_key1: user }, { ...write, user: 0 }, fault('0x23')],
      [{ ...key1, pkru_key1: user, cr0_wp: 0 }, { ...write, user: 0 }, 'ok'],
      [{ ...key1, pkru_key1: user, cr0_wp: 0 }, { ...write, user: 1 }, fault('0x27')],
      [
        { ...key1, pkru_key1: { AD: 1, WD: 0 } },
        { kind: 'read|write', user: 0, pte: { U: 0 } },
        'ok',
      ],
      [{ ...key1, pkru_key1: { AD: 1, WD: 1 } }, { kind: 'fetch', user: 1 }, 'ok'],
      [{ cr4_pke: 0, pkru: '0xffffffff', pkey: 2 }, { kind: 'write', page: 'user' }, 'ok'],
      [
        { cr4_pke: 1, pkru: '0x10', pkey: 2, cpl: 3 },
        { kind: 'read', page: 'user' },
        fault('0x25'),
      ],
      [{ cr4_pke: 1, pkru: '0x10', pkey: 3 }, { kind: 'read', page: 'user' }, 'ok'],
    ]);
    allRight('pks', 'LINEAR_ACCESS', [
      [{ cr4_pks: 1, pkrs: '0x10', pkey: 2 }, { kind: 'read', page: 'supervisor' }, fault('0x21')],
      [{ cr4_pks: 1, pkrs: '0x10', pkey: 2 }, { kind: 'fetch', page: 'supervisor' }, 'ok'],
      [{ cr4_pks: 1, pkrs: '0x20', pkey: 2, cr0_wp: 0 }, { kind: 'write', page: 'user' }, 'ok'],
    ]);
    const wrong = caseOf('pku', 'LINEAR_ACCESS', [
      { ...key1, pkru_key1: user },
      { ...write, user: 0 },
      fault('0x3'),
    ]);
    expect(judgeCases([wrong]).failures).toEqual([
      {
        where: 'pku LINEAR_ACCESS',
        expected: 'fault, vector #PF, error_code 0x3',
        came: 'ept, write: fault #PF(35)',
      },
    ]);
  });

  test('SMAP', () => {
    const smap = { cr4_smap: 1, eflags_ac: 0, cr0_wp: 1, cpl: 0 };
    const fromWrite = 'user, W=0 (shadow entry was created by the WP=0 write)';
    allRight('smap', 'LINEAR_ACCESS', [
      [smap, { kind: 'write', page: 'supervisor' }, 'ok'],
      [{ ...smap, invlpg_first: 1 }, { kind: 'read', page: 'user' }, fault('0x1')],
      [smap, { kind: 'write', page: 'user (stack push)' }, fault('0x3')],
      [{ ...smap, cpl: 3 }, { kind: 'write', page: 'user' }, 'ok'],
      [{ ...smap, cpl: 3 }, { kind: 'write', page: 'user, W=0' }, fault('0x7')],
      [{ ...smap, cr0_wp: 0 }, { kind: 'read', page: fromWrite }, fault('0x1')],
      [{ ...smap, cr0_wp: 0, eflags_ac: 1 }, { kind: 'write', page: fromWrite }, 'ok'],
      [{ ...smap, eflags_ac: 1 }, { kind: 'write', page: fromWrite }, fault('0x3')],
    ]);
  });

  test('pointers with metadata', () => {
    const gp = { outcome: 'fault', vector: '#GP', error_code: '0x0' };
    const u57 = { control: 'CR3.LAM_U57', enabled: 1, target: 'memory' };
    const sup = { control: 'CR4.LAM_SUP', enabled: 1, target: 'MMIO (forces emulation)' };
    allRight('lam', 'DATA_ACCESS', [
      [u57, { pointer: 'user tagged bits 62:57' }, 'ok'],
      [u57, { pointer: 'user tagged bits 62:48' }, gp],
      [u57, { pointer: 'user 4-level paging, bits 56:47 not zero' }, gp],
      [u57, { pointer: 'supervisor tagged' }, gp],
      [{ ...u57, enabled: 0 }, { pointer: 'user tagged' }, gp],
      [{ ...u57, control: 'CR3.LAM_U48' }, { pointer: 'user tagged bits 62:48' }, 'ok'],
      [sup, { pointer: 'supervisor tagged (bits 62:48, 4-level)' }, 'ok'],
      [sup, { pointer: 'supervisor tagged (bits 62:57, 5-level)' }, 'ok'],
      [sup, { pointer: 'supervisor tagged (bits 62:48, 5-level)' }, gp],
      [sup, { pointer: 'supervisor untagged' }, 'ok'],
      [{ control: 'none', target: 'memory' }, { pointer: 'user untagged' }, 'ok'],
    ]);
  });

  test('rights in an EPT, by level', () => {
    const after = { invept: 'single-context after the change', ept: '4-level, other levels rwx' };
    const at = (entry_level: number, bits: string, kind: string, gpa = '0x8000000000'): Facts => ({
      ...{ kind, gpa, entry_level },
      ...{ large_page: Number(bits) & 0x80 ? 1 : 0, entry_low_bits: bits },
    });
    allRight('ept-perm', 'L2_ACCESS', [
      [after, { ...at(1, '0x3', 'write'), perm: 'rw-' }, 'ok'],
      [after, at(4, '0x1', 'write'), violation('0x18a')],
      [after, at(3, '0x84', 'read'), violation('0x1a1')],
      [after, at(2, '0x80', 'exec', '0x8000000008'), violation('0x184', '0x8000000008')],
      [after, at(2, '0x6', 'exec'), MISCONFIGURED],
      [{ ...after, exec_only_cap: 0 }, at(1, '0x4', 'exec'), MISCONFIGURED],
      [{}, at(3, '0x0', 'write'), violation('0x182')],
      [{ invept: 'all-context after the change' }, at(3, '0x5', 'write'), violation('0x1aa')],
      [{ ...after, guest_pte: 'present, W=0' }, at(1, '0x0', 'write'), fault('0x3')],
    ]);
  });

  test('rights to fetch, by whose address it is', () => {
    const modes = { ept: '4-level, other levels rwx+XU', mbec: 1 };
    const at = (entry_low_bits: string, kind: string, perm: string): Facts => ({
      ...{ kind, entry_low_bits, perm, gpa: '0x8000000008' },
    });
    const left = (qualification: string) => violation(qualification, '0x8000000008');
    allRight('ept-mbec', 'L2_ACCESS', [
      [modes, at('0x5', 'exec', 'r-x'), 'ok'],
      [modes, at('0x5', 'exec_user', 'r-x'), left('0x1ac')],
      [modes, at('0x401', 'exec', 'r--+XU'), left('0x1cc')],
      [modes, at('0x401', 'exec_user', 'r--+XU'), 'ok'],
      [modes, at('0x400', 'read', '---+XU'), left('0x1c1')],
      [modes, at('0x402', 'exec_user', '-w-+XU'), MISCONFIGURED],
      [{ ...modes, exec_only_cap: 0 }, at('0x400', 'exec_user', '---+XU'), MISCONFIGURED],
      [
        { ...modes, ept: '4-level, other levels rwx' },
        at('0x407', 'exec_user', 'rwx+XU'),
        left('0x1bc'),
      ],
      [
        { ...modes, invept: 'single-context after the change' },
        at('0x5', 'exec_user', 'r-x'),
        left('0x1ac'),
      ],
      [{ ...modes, mbec: 0 }, at('0x5', 'exec_user', 'r-x'), 'ok'],
      [{ ...modes, mbec: 0 }, at('0x400', 'exec_user', '---+XU'), left('0x184')],
    ]);
    expect(
      judgeCases([caseOf('ept-mbec', 'L2_ACCESS', [modes, at('0x5', 'exec_user', 'r-x'), 'ok'])])
        .failures.length,
    ).toBe(1);
  });

  test('reserved and ignored bits of EPT entries', () => {
    const present = { level: 3, entry: 'present rwx' };
    const all = { kind: 'read|write|exec', gpa: '0x8000000000' };
    allRight('ept-reserved', 'L2_ACCESS', [
      [{ ...present, maxphyaddr: 40 }, { ...all, set_bit: '0x10000000000' }, MISCONFIGURED],
      [{ ...present, maxphyaddr: 41 }, { ...all, set_bit: '0x20000000000' }, MISCONFIGURED],
      [{ ...present, large_page: 1 }, { ...all, set_bit: '0x20000000' }, MISCONFIGURED],
      [{ ...present, large_page: 1 }, { ...all, set_bit: '0x400' }, 'ok'],
      [{ ...present, large_page: 1, cap_1g: 0 }, all, MISCONFIGURED],
      [
        { level: 1, entry: 'not present (RWX=000)' },
        { kind: 'read', gpa: '0x8000000000', set_bit: '0x8000000000000' },
        violation('0x181'),
      ],
      [{ level: 1, entry: 'present rwx' }, { ...all, memtype_bits_5_3: 3 }, MISCONFIGURED],
      [{ level: 1, entry: 'present rwx' }, { ...all, memtype_bits_5_3: 5 }, 'ok'],
    ]);
    const levels = { level: '1,2,3,4', mbec: 0, ve_control: 0 };
    allRight('ept-ignored', 'L2_ACCESS', [
      [levels, { ...all, set_or_clear_bit: '0x400' }, 'ok'],
      [{ ...levels, level: '1' }, { ...all, set_or_clear_bit: '0x40' }, 'ok'],
    ]);
    allRight('ept-large', 'L2_ACCESS', [
      [{ guest: '2M page forced via EPT level 2', cap_2m: 1 }, { kind: 'read' }, 'ok'],
      [{ guest: '2M page forced via EPT level 2', cap_2m: 0 }, { kind: 'read' }, MISCONFIGURED],
      [{ entry: '1G r-x' }, { kind: 'write' }, violation('0x1aa')],
    ]);
  });

  test('the EPT under L2 page tables', () => {
    const ofTable = (qualification: string): Facts => ({
      ...violation(qualification),
      gpa: "GPA of the guest PTE's page",
    });
    const pt = (rights: string, guest_pte_ad: string, eptp_ad = 0): Facts => ({
      ...{ eptp_ad, guest_pte_ad },
      ept_perm_of_guest_pt_page: rights,
    });
    const gva = 'maps GPA 0x8000000000';
    allRight('ept-ptwalk', 'L2_ACCESS', [
      [pt('r--', 'A'), { kind: 'read', gva }, { outcome: 'ok', guest_pte_after: 'A=1' }],
      [pt('r--', 'A'), { kind: 'write', gva }, ofTable('0x8b')],
      [pt('r-x', 'none'), { kind: 'exec', gva }, ofTable('0xab')],
      [pt('--x', 'A+D'), { kind: 'read', gva }, ofTable('0xa1')],
      [pt('rw-', 'none'), { kind: 'write', gva }, { outcome: 'ok', guest_pte_after: 'A=1, D=1' }],
      [pt('r--', 'A+D', 1), { kind: 'read', gva }, ofTable('0x8b')],
      [pt('rwx', 'none', 1), { kind: 'read', gva }, { outcome: 'ok', guest_pte_after: 'A=1' }],
      [pt('-w-', 'A+D'), { kind: 'read', gva }, { outcome: 'vmexit', reason: 49 }],
    ]);
  });

  test('what comes first of several faults', () => {
    const noPage = 'final GPA not present';
    allRight('ept-order', 'L2_ACCESS', [
      [
        { walk: 'level-4 not present, level-3 misconfigured' },
        { kind: 'read' },
        violation('0x181'),
      ],
      [{ walk: 'level-3 misconfigured, level-2 not present' }, { kind: 'read' }, MISCONFIGURED],
      [{ guest_pte: 'W=0 (WP=1)', ept: noPage }, { kind: 'write' }, fault('0x3')],
      [
        { guest_pte: 'P=0', ept: `${noPage}; page holding the PTE mapped` },
        { kind: 'read' },
        fault('0x0'),
      ],
      [
        { guest_pte: 'P=0', ept: 'page holding the PTE not present' },
        { kind: 'read' },
        violation('0x81', "GPA of the guest PTE's page"),
      ],
      [{ ept: noPage }, { kind: 'read' }, violation('0x181')],
    ]);
  });

  test('sequences', () => {
    const va = { va: '0xffff923406001000' };
    const two = { va1: '0xffff923403000000', va2: '0xffffe66606000000' };
    const toggles = [
      'toggle EFER.NXE 1 then 0',
      'set WP=0, write',
      'load opposite WP',
      'WP=1: write',
    ];
    allRight('shadow', 'SEQ', [
      [
        { ...va, note: 'user page, W=0, SMEP=1' },
        { steps: ['write', 'user fetch', 'fetch', 'INVLPG', 'clear SMEP, fetch'] },
        { outcome: ['#PF 0x3', 'ok', '#PF 0x11', 'ok', 'ok'] },
      ],
      [
        { ...va, pte: 'supervisor, W=0, NX toggled' },
        { steps: toggles },
        { outcome: ['ok', 'ok, D set in va PTE', 'ok', '#PF 0x3'] },
      ],
      [
        { ...two, note: "two large PDEs to the same frame: va2's PDE W=0" },
        { steps: ['va2: read', 'va1: read', 'va1: write', 'va2: write'] },
        { outcome: ['ok', 'ok', 'ok, D set in va1 PDE', '#PF 0x3'] },
      ],
      [
        {
          ...{ ptr1: '0xffff923480000000', ptr2: 'ptr1+0x40000000' },
          note: 'PUD1 is writable, PUD2 read-only; both point at the same PMD page',
        },
        { steps: ['user read ptr2', 'user write ptr1', 'user write ptr2', 'user write ptr1'] },
        { outcome: ['ok', 'ok', '#PF 0x7', 'ok'] },
      ],
    ]);
  });
});

const READ: Row = [{}, { kind: 'read', user: 0, pte: OPEN }, 'ok'];

describe('a wrong expectation fails, and says of which trial', () => {
  test.each<[string, string, Row, string, string]>([
    [
      ...([
        'access',
        'LINEAR_ACCESS',
        [{}, READ[1], { outcome: 'ok', pte_after: 'A=1,D=1' }],
      ] as const),
      'PTE 0x40000067; PTE 0x40000067',
      'shadow, read: PTE 0x40000027; ept, read: PTE 0x40000027',
    ],
    [
      ...(['access', 'LINEAR_ACCESS', [{}, READ[1], fault('0x1')]] as const),
      'fault, vector #PF, error_code 0x1; fault, vector #PF, error_code 0x1',
      'shadow, read: ok; ept, read: ok',
    ],
    [
      ...(['ept-perm', 'L2_ACCESS'] as const),
      [
        {},
        { kind: 'exec', gpa: '0x8000000000', entry_level: 2, entry_low_bits: '0x3' },
        violation('0x19c', '0x8000000008'),
      ],
      'gpa 0x8000000008',
      'execute: gpa 0x8000000000',
    ],
    [
      ...(['shadow', 'SEQ'] as const),
      [{ va: '0x1000' }, { steps: ['read'] }, { outcome: ['ok, D set in va PTE'] }],
      'D set in the PTE; D set in the PTE',
      'shadow, "read": PTE 0x40000027; ept, "read": PTE 0x40000027',
    ],
  ])('%s %s', (area, op, row, expected, came) => {
    const { failures } = judgeCases([caseOf(area, op, row)]);
    expect(failures).toEqual([{ where: `${area} ${op}`, expected, came }]);
  });
});

test.each<[string, string, string, Row]>([
  ['argument gla', 'access', 'LINEAR_ACCESS', [{}, { ...READ[1], gla: '0x0' }, 'ok']],
  ['setup key gmet', 'access', 'LINEAR_ACCESS', [{ gmet: 1 }, READ[1], 'ok']],
  ['protection key 16', 'pku', 'LINEAR_ACCESS', [{ pkey: 16 }, READ[1], 'ok']],
  ['access "jump"', 'access', 'LINEAR_ACCESS', [{}, { kind: 'jump' }, 'ok']],
  ['page-table entry "moon"', 'access', 'LINEAR_ACCESS', [{ pde: 'present moon' }, READ[1], 'ok']],
  ['fault_level "moon"', 'access', 'LINEAR_ACCESS', [{ fault_level: 'moon' }, READ[1], 'ok']],
  ['tables outside long mode', 'access', 'LINEAR_ACCESS', [{ mode: 'PAE paging' }, READ[1], 'ok']],
  ['use "moon"', 'access', 'LINEAR_ACCESS', [{}, READ[1], { outcome: 'ok', pte_after: 'moon' }]],
  ['page "moon"', 'smap', 'LINEAR_ACCESS', [{}, { kind: 'read', page: 'user (moon)' }, 'ok']],
  ['pointer "moon"', 'lam', 'DATA_ACCESS', [{}, { pointer: 'moon' }, 'ok']],
  ['control "moon"', 'lam', 'DATA_ACCESS', [{ control: 'moon' }, { pointer: 'user tagged' }, 'ok']],
  ['target "moon"', 'lam', 'DATA_ACCESS', [{ target: 'moon' }, { pointer: 'user tagged' }, 'ok']],
  ['access "jump"', 'ept-perm', 'L2_ACCESS', [{}, { kind: 'jump' }, 'ok']],
  ['exec "moon"', 'ept-perm', 'L2_ACCESS', [{ exec: 'moon' }, { kind: 'exec' }, 'ok']],
  ['setup ve_control 1', 'ept-perm', 'L2_ACCESS', [{ ve_control: 1 }, { kind: 'read' }, 'ok']],
  ['ept "moon"', 'ept-order', 'L2_ACCESS', [{ ept: 'moon' }, { kind: 'read' }, 'ok']],
  ['walk "moon"', 'ept-order', 'L2_ACCESS', [{ walk: 'moon' }, { kind: 'read' }, 'ok']],
  [
    "gpa 0x1000 beside L2's tables",
    'ept-order',
    'L2_ACCESS',
    [{}, { kind: 'read', gpa: '0x1000' }, 'ok'],
  ],
  [
    'perm "r--" with the bits 0x3',
    ...(['ept-perm', 'L2_ACCESS'] as const),
    [{}, { kind: 'read', entry_level: 1, entry_low_bits: '0x3', perm: 'r--' }, 'ok'],
  ],
  [
    'steps that are left out',
    ...(['shadow', 'SEQ'] as const),
    [{ va: '0x1000' }, { steps: ['read', '...'] }, { outcome: ['ok', 'ok'] }],
  ],
  [
    'steps without an outcome each',
    ...(['shadow', 'SEQ'] as const),
    [{ va: '0x1000' }, { steps: ['read', 'write'] }, 'ok, no spurious #PF'],
  ],
  ['step "jump"', 'shadow', 'SEQ', [{ va: '0x1000' }, { steps: ['jump'] }, { outcome: ['ok'] }]],
  [
    'setup "moon"',
    'shadow',
    'SEQ',
    [{ va: '0x1000', note: 'moon' }, { steps: ['read'] }, { outcome: ['ok'] }],
  ],
])('what has no rule is skipped by name: %s', (what, area, op, row) => {
  const { passed, failures, skipped } = judgeCases([caseOf(area, op, row)]);
  expect([passed, failures, skipped]).toEqual([0, [], { [`${area}: no rule for ${what}`]: 1 }]);
});
