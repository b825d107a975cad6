import { describe, expect, test } from 'vitest';
import { currentRoot, rootAt } from '../../src/mmu/state/index.js';
import { beginVmx, createLab, kindsOf, type Lab, slotsOf } from './lab.js';

const EPT_AND_VPID = '0x22';
const VPID = '0x20';

function serviced(lab: Lab): string[] {
  return lab.events.flatMap((event) => {
    if (event.kind === 'request-serviced') return [event.request];
    return event.kind === 'vm-exit' && event.to === 'L1' ? ['to L1'] : [];
  });
}

describe('a nested transition', () => {
  test('carries out the flushes that L1 is owed, and leaves its sync, before L2 is entered', () => {
    const lab = beginVmx({ paging: 'ept' }, EPT_AND_VPID);
    lab.run({ kind: 'vmlaunch' });
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'enter' });
    for (const request of ['MMU_SYNC', 'TLB_FLUSH_CURRENT', 'TLB_FLUSH_GUEST'] as const) {
      lab.run({ kind: 'make-request', request });
    }
    // The instruction enters the guest first, so the requests must come after its exit.
    lab.vcpu.mode = 'guest';
    lab.run({ kind: 'vmresume' });
    expect(serviced(lab)).toEqual(['TLB_FLUSH_CURRENT', 'TLB_FLUSH_GUEST']);
    expect(lab.vcpu.nested.guestMode).toBe(true);
    expect(lab.vcpu.requests).not.toBe(0);
  });

  test('carries out the flushes that L2 is owed before L1 is entered, and no others to v5.14', () => {
    const seen = (['5.14', '6.1'] as const).map((kernel) => {
      const lab = beginVmx({ paging: 'ept', kernel }, EPT_AND_VPID);
      lab.run({ kind: 'vmlaunch' });
      lab.run({ kind: 'enter' });
      lab.run({ kind: 'make-request', request: 'TLB_FLUSH_CURRENT' });
      lab.run({ kind: 'make-request', request: 'TLB_FLUSH_GUEST' });
      lab.vcpu.mode = 'guest';
      lab.run({ kind: 'vmexit' });
      return serviced(lab);
    });
    expect(seen).toEqual([
      ['TLB_FLUSH_CURRENT', 'to L1'],
      ['TLB_FLUSH_CURRENT', 'TLB_FLUSH_GUEST', 'to L1'],
    ]);
  });

  test('does not touch the roots of guest_mmu, which wait for the next entry', () => {
    const lab = beginVmx({ paging: 'ept' }, EPT_AND_VPID);
    lab.run({ kind: 'vmlaunch' });
    lab.run({ kind: 'vmexit' });
    expect(slotsOf(lab.vcpu.guestMmu)).toBe('10101e - - -');
    expect(lab.vcpu.mmu).toBe(lab.vcpu.rootMmu);
  });

  test('gives L2 a role of its own, so that L1 and L2 never share a root', () => {
    const lab = beginVmx({ paging: 'shadow' }, VPID);
    lab.run({ kind: 'vmwrite', field: 'GUEST_CR3', value: '0x100000' });
    lab.run({ kind: 'vmlaunch' });
    lab.run({ kind: 'enter' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('100000 100000 - -');
    const [current, cached] = [currentRoot(lab.vcpu.rootMmu), rootAt(lab.vcpu.rootMmu, 0)];
    expect(current?.page?.role).toBe((cached?.page?.role ?? 0) + 2 ** 17);
  });

  test('gives the shadow of an EPT its role: level, all access, guest mode, A/D as the EPTP says', () => {
    const lab = beginVmx({ paging: 'ept' }, EPT_AND_VPID);
    lab.run({ kind: 'vmlaunch' });
    expect(lab.vcpu.guestMmu.role).toBe(0x4 | 0x700 | 0x10000 | 0x20000);
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: '0x10105e' });
    lab.run({ kind: 'vmresume' });
    expect(lab.vcpu.guestMmu.role).toBe(0x4 | 0x700 | 0x20000);
  });
});

describe('INVVPID without EPT on the host', () => {
  test('frees the roots of L2 and leaves those of L1', () => {
    const lab = beginVmx({ paging: 'shadow' }, VPID);
    lab.run({ kind: 'mov-cr3', value: '0x300000' });
    lab.run({ kind: 'vmlaunch' });
    lab.run({ kind: 'vmexit' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('100000 200000 300000 -');
    lab.run({ kind: 'invvpid', type: 1, vpid: 1, gva: '0x0' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('100000 - 300000 -');
  });

  test('freed every root to v5.13, the current one included', () => {
    const lab = beginVmx({ paging: 'shadow', kernel: '5.13' }, VPID);
    lab.run({ kind: 'vmlaunch' });
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'invvpid', type: 2, vpid: 0, gva: '0x0' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('- - - -');
  });
});

describe('what a root owes', () => {
  test('a guest-wide flush never reaches guest-physical mappings, so an EPT root still owes', () => {
    const lab = beginVmx({ paging: 'ept', policy: 'cached-roots' }, EPT_AND_VPID);
    lab.run({ kind: 'vmlaunch' });
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'invept', type: 2, eptp: '0x0' });
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH_GUEST' });
    lab.run({ kind: 'enter' });
    expect(currentRoot(lab.vcpu.guestMmu)).toMatchObject({ syncDue: true, flushDue: true });
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH' });
    lab.run({ kind: 'enter' });
    expect(currentRoot(lab.vcpu.guestMmu)).toMatchObject({ syncDue: true, flushDue: false });
  });

  test('a guest-wide flush of L2 itself does not settle an EPT root either', () => {
    const lab = beginVmx({ paging: 'ept', policy: 'cached-roots' }, EPT_AND_VPID);
    lab.run({ kind: 'vmlaunch' });
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'invept', type: 1, eptp: '0x10101e' });
    lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: '0x10201e' });
    lab.run({ kind: 'vmresume' });
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH_GUEST' });
    lab.run({ kind: 'enter' });
    expect(slotsOf(lab.vcpu.guestMmu)).toBe('10201e 10101e* - -');
    expect(rootAt(lab.vcpu.guestMmu, 0)).toMatchObject({ syncDue: true, flushDue: true });
  });

  test('setting PCIDE marks the cached roots, not the current one', () => {
    const lab = createLab({ policy: 'cached-roots' });
    lab.run({ kind: 'enter' });
    // Without a MOV CR3, which would mark the cached root itself while PCIDE is clear.
    lab.run({ kind: 'load-root', pgd: '0x100000' });
    lab.run({ kind: 'enter' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('100000 0 - -');
    lab.run({ kind: 'mov-cr4', value: '0x200a0' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('100000 0* - -');
  });
});

describe('a load', () => {
  test('allocates, syncs, flushes, enters: whatever became current by it is clean', () => {
    const lab = createLab();
    lab.run({ kind: 'enter' });
    expect(lab.events.map(({ kind }) => kind)).toEqual([
      'page-allocated',
      'root-allocated',
      'root-synced',
      'tlb-flushed',
      'vm-entered',
    ]);
    expect(lab.vcpu.counters.tlbFlush).toBe(0);
  });

  test('does not find a page that was zapped, even after a second zap restored its generation', () => {
    const lab = createLab();
    lab.run({ kind: 'enter' });
    lab.run({ kind: 'zap-all' });
    lab.run({ kind: 'zap-all' });
    lab.run({ kind: 'enter' });
    expect(kindsOf(lab.events)).toEqual([
      'request-serviced MMU_FREE_OBSOLETE_ROOTS',
      'root-freed',
      'page-zapped',
      'request-made TLB_FLUSH',
      'request-serviced TLB_FLUSH',
      'root-allocated',
    ]);
  });
});

describe('a change of CR4', () => {
  test.each([
    ['6.1', 'SMEP set', '0x1000a0', ['root-freed', 'request-made TLB_FLUSH_CURRENT']],
    ['5.14', 'SMEP set', '0x1000a0', ['root-freed']],
    ['6.1', 'PSE set', '0xb0', ['root-freed']],
    ['6.1', 'PGE cleared', '0x20', ['request-made TLB_FLUSH_GUEST']],
    ['6.1', 'UMIP set', '0x8a0', []],
  ] as const)('kernel %s, %s', (kernel, _what, value, kinds) => {
    const lab = createLab({ kernel });
    lab.run({ kind: 'enter' });
    lab.run({ kind: 'mov-cr4', value });
    expect(kindsOf(lab.events)).toEqual(kinds);
  });
});
