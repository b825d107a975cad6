import { describe, expect, test } from 'vitest';
import type { PolicyName } from '../../src/mmu/index.js';
import { prevRootsOf } from '../../src/mmu/state/index.js';
import { createLab, kindsOf, type Lab, slotsOf } from './lab.js';

/** CR3 0x104004 current, 0x103003, 0x102002 and 0x101001 cached; PCIDE set. */
function fourRoots(policy: PolicyName, kernel: '5.13' | '5.14' | '6.1' = '6.1'): Lab {
  const lab = createLab({ policy, kernel });
  lab.run({ kind: 'mov-cr4', value: '0x200a0' });
  for (const n of [1, 2, 3, 4]) {
    lab.run({ kind: 'mov-cr3', value: `0x800000000010${n}00${n}` });
  }
  lab.run({ kind: 'enter' });
  return lab;
}

/** Kernel reference, section 18: what each event does to the roots, by policy. `*` owes. */
describe('an invalidation and the cached roots', () => {
  test.each<[PolicyName, string]>([
    ['mainline', '104004 103003 - 101001'],
    ['mainline-5.14', '104004 103003 - 101001'],
    ['need-sync', '104004 103003 102002* 101001'],
    ['unsync-roots', '104004 103003 102002* 101001'],
    ['cached-roots', '104004 103003 102002* 101001'],
    ['invept-deferred', '104004 103003 - 101001'],
    ['fill-holes', '104004 103003 - 101001'],
    ['flush-on-reuse', '104004 103003 - 101001'],
    ['never-cache', '104004 - - -'],
  ])('row 7, INVPCID of another PCID, %s', (policy, after) => {
    const lab = fourRoots(policy);
    lab.run({ kind: 'invpcid', type: 1, pcid: 2, gva: '0x0' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe(after);
  });

  test.each<[PolicyName, string, string[]]>([
    // KVM evicts a valid root beside the hole that the INVPCID left.
    ['mainline', '- 104004 103003 -', ['root-evicted', 'root-missed']],
    [
      'need-sync',
      '102002* 104004 103003 101001',
      [
        'root-reused',
        'request-made LOAD_MMU_PGD',
        'request-made MMU_SYNC',
        'request-made TLB_FLUSH_CURRENT',
      ],
    ],
    [
      'cached-roots-posted',
      '102002 104004 103003 101001',
      [
        'root-reused',
        'request-made LOAD_MMU_PGD',
        'request-made MMU_SYNC',
        'request-made TLB_FLUSH_CURRENT',
      ],
    ],
  ])('row 4, a no-flush MOV CR3 to a root that was invalidated, %s', (policy, after, kinds) => {
    const lab = fourRoots(policy);
    lab.run({ kind: 'invpcid', type: 1, pcid: 2, gva: '0x0' });
    lab.run({ kind: 'mov-cr3', value: '0x8000000000102002' });
    expect(kindsOf(lab.events)).toEqual(kinds);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe(after);
    lab.run({ kind: 'enter' });
    const entered = after.replace('-', '102002').replace('*', '');
    expect(slotsOf(lab.vcpu.rootMmu)).toBe(entered);
  });

  test.each<[PolicyName, string]>([
    ['mainline', '104004 103003 102002 101001'],
    ['mainline-5.14', '104004 - - -'],
    ['need-sync', '104004 103003* 102002* 101001*'],
    ['cached-roots', '104004 103003* 102002* 101001*'],
    ['need-sync-posted', '104004 103003* 102002* 101001*'],
    ['unsync-roots-posted', '104004 - - -'],
    ['cached-roots-posted', '104004 103003* 102002* 101001*'],
  ])('row 8, INVPCID of everything, after its service, %s', (policy, after) => {
    const lab = fourRoots(policy);
    lab.run({ kind: 'invpcid', type: 2, pcid: 0, gva: '0x0' });
    lab.run({ kind: 'enter' });
    const settled = after.replaceAll('*', '');
    // The flush reached the whole VPID, so what is still due is the sync alone.
    expect(slotsOf(lab.vcpu.rootMmu).replaceAll('*', '')).toBe(settled);
    const due = prevRootsOf(lab.vcpu.rootMmu).map((root) => root?.syncDue ?? null);
    expect(due).toEqual(
      after.includes('-') ? [null, null, null] : Array(3).fill(after.includes('*')),
    );
  });

  test.each<[PolicyName, string, string[]]>([
    ['mainline', '104004 103003 102002 101001', ['request-made TLB_FLUSH_GUEST']],
    ['cached-roots', '104004 103003 102002 101001', ['request-made TLB_FLUSH_GUEST']],
    ['mainline-5.14', '- - - -', Array(4).fill('root-freed')],
    ['need-sync-posted', '- - - -', Array(4).fill('root-freed')],
    ['unsync-roots-posted', '- - - -', Array(4).fill('root-freed')],
    ['cached-roots-posted', '- - - -', Array(4).fill('root-freed')],
  ])('row 9, CR4.PGE cleared, %s', (policy, after, kinds) => {
    const lab = fourRoots(policy);
    lab.run({ kind: 'mov-cr4', value: '0x20020' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe(after);
    expect(kindsOf(lab.events)).toEqual(kinds);
  });

  test('a guest-wide flush that unloads the MMU flushes no hardware, current root or not', () => {
    const seen = [true, false].map((hasCurrent) => {
      const lab = fourRoots('mainline-5.14', '5.14');
      if (!hasCurrent) lab.run({ kind: 'free-roots', mmu: 'root', roots: ['current'] });
      lab.run({ kind: 'make-request', request: 'TLB_FLUSH_GUEST' });
      lab.run({ kind: 'enter' });
      return lab.events.map((event) =>
        event.kind === 'tlb-flushed' ? `${event.kind} ${event.scope}` : event.kind,
      );
    });
    const load = ['root-allocated', 'root-synced', 'tlb-flushed current', 'vm-entered'];
    expect(seen).toEqual([
      ['request-serviced', ...Array(4).fill('root-freed'), ...load],
      ['request-serviced', ...Array(3).fill('root-freed'), ...load],
    ]);
  });

  test.each<[PolicyName, string, string]>([
    ['mainline-5.14', 'MMU_RELOAD', '104004 - - -'],
    ['unsync-roots-posted', 'MMU_RELOAD', '104004 - - -'],
    ['mainline', 'TLB_FLUSH_GUEST', '104004 103003 102002 101001'],
    ['need-sync-posted', 'TLB_FLUSH_GUEST', '104004 103003* 102002* 101001*'],
    ['cached-roots', 'TLB_FLUSH_GUEST', '104004 103003* 102002* 101001*'],
  ])('INVPCID of everything in v5.13, %s', (policy, request, after) => {
    const lab = fourRoots(policy, '5.13');
    lab.run({ kind: 'invpcid', type: 2, pcid: 0, gva: '0x0' });
    expect(kindsOf(lab.events)).toEqual([`request-made ${request}`]);
    lab.run({ kind: 'enter' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe(after);
  });

  test('fill-holes gives up the hole where mainline evicts a valid root', () => {
    const after = (['mainline', 'fill-holes'] as const).map((policy) => {
      const lab = fourRoots(policy);
      lab.run({ kind: 'invpcid', type: 1, pcid: 2, gva: '0x0' });
      lab.run({ kind: 'mov-cr3', value: '0x8000000000105005' });
      lab.run({ kind: 'enter' });
      return slotsOf(lab.vcpu.rootMmu);
    });
    expect(after).toEqual(['105005 104004 103003 -', '105005 104004 103003 101001']);
  });

  test('flush-on-reuse syncs and flushes a clean root, as the VM option does under any policy', () => {
    const labs = [fourRoots('flush-on-reuse'), createLab({ flushOnReuse: true })];
    labs[1]?.run({ kind: 'enter' });
    const seen = labs.map((lab, i) => {
      lab.run({ kind: 'load-root', pgd: i === 0 ? '0x101001' : '0x0' });
      return kindsOf(lab.events);
    });
    const expected = [
      'root-reused',
      'request-made LOAD_MMU_PGD',
      'request-made MMU_SYNC',
      'request-made TLB_FLUSH_CURRENT',
    ];
    expect(seen).toEqual([expected, expected]);
  });
});

/** VMX operation, L2 run once under each EPTP, the last one current in `guest_mmu`. */
function ranUnder(policy: PolicyName, eptps: readonly string[]): Lab {
  const lab = createLab({ policy, paging: 'ept', registers: { cr4: '0x20a0' } });
  lab.run({ kind: 'vmxon', address: '0x1000' });
  lab.run({ kind: 'vmptrld', address: '0x2000' });
  lab.run({ kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x22' });
  lab.run({ kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' });
  for (const [i, eptp] of eptps.entries()) {
    lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: eptp });
    expect(lab.run({ kind: i === 0 ? 'vmlaunch' : 'vmresume' })).toEqual({ kind: 'ok' });
    lab.run({ kind: 'vmexit' });
  }
  return lab;
}

describe('INVEPT', () => {
  test.each<[PolicyName, string]>([
    ['mainline', '- 10201e - -'],
    ['need-sync', '- 10201e 10101e* -'],
    ['unsync-roots', '10105e* 10201e 10101e* -'],
    ['cached-roots', '10105e* 10201e 10101e* -'],
    ['invept-deferred', '10105e* 10201e 10101e* -'],
  ])('covers every root of its EP4TA, whatever the low bits, %s', (policy, after) => {
    const lab = ranUnder(policy, ['0x10101e', '0x10201e', '0x10105e']);
    lab.run({ kind: 'invept', type: 1, eptp: '0x10101e' });
    expect(slotsOf(lab.vcpu.guestMmu)).toBe(after);
  });

  test('of the current root becomes a sync and a flush at the next entry to L2', () => {
    const lab = ranUnder('unsync-roots', ['0x10101e']);
    lab.run({ kind: 'invept', type: 1, eptp: '0x10101e' });
    expect(kindsOf(lab.events)).toEqual(['request-serviced LOAD_MMU_PGD', 'root-marked-unsync']);
    lab.run({ kind: 'vmresume' });
    expect(kindsOf(lab.events)).toEqual([
      'root-reused',
      'request-made LOAD_MMU_PGD',
      'request-made MMU_SYNC',
      'request-made TLB_FLUSH_CURRENT',
    ]);
    expect(slotsOf(lab.vcpu.guestMmu)).toBe('10101e* - - -');
    lab.run({ kind: 'enter' });
    expect(slotsOf(lab.vcpu.guestMmu)).toBe('10101e - - -');
  });

  test('of all contexts frees or marks every root', () => {
    const after = (['mainline', 'need-sync', 'cached-roots'] as const).map((policy) => {
      const lab = ranUnder(policy, ['0x10101e', '0x10201e']);
      lab.run({ kind: 'invept', type: 2, eptp: '0x0' });
      return slotsOf(lab.vcpu.guestMmu);
    });
    expect(after).toEqual(['- - - -', '- - - -', '10201e* 10101e* - -']);
  });

  test('with an invalid EPTP is VMfail 28 and touches no root', () => {
    const lab = ranUnder('mainline', ['0x10101e']);
    expect(lab.run({ kind: 'invept', type: 1, eptp: '0x101007' })).toEqual({
      kind: 'vm-fail',
      error: 28,
    });
    expect(slotsOf(lab.vcpu.guestMmu)).toBe('10101e - - -');
  });
});
