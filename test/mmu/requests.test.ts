import { describe, expect, test } from 'vitest';
import { type KernelVersion, releaseOf } from '../../src/mmu/index.js';
import { REQUEST_NAMES, type RequestName } from '../../src/mmu/requests/index.js';
import { currentRoot } from '../../src/mmu/state/index.js';
import { createLab, kindsOf, type Lab, slotsOf } from './lab.js';

/**
 * The requests of a kernel in the order in which its `vcpu_enter_guest()` asks for them, read from
 * the source and not from the model. A flush of everything withdraws that of the context in use.
 *
 * @see Linux `vcpu_enter_guest()`, arch/x86/kvm/x86.c, of each version
 */
const SERVICED: Partial<Record<KernelVersion, readonly RequestName[]>> = {
  '5.14': [
    'GET_NESTED_STATE_PAGES',
    'MMU_RELOAD',
    'MMU_SYNC',
    'LOAD_MMU_PGD',
    'TLB_FLUSH',
    'TLB_FLUSH_CURRENT',
    'TLB_FLUSH_GUEST',
    'TRIPLE_FAULT',
  ],
  '6.12': [
    'GET_NESTED_STATE_PAGES',
    'MMU_FREE_OBSOLETE_ROOTS',
    'MMU_SYNC',
    'LOAD_MMU_PGD',
    'TLB_FLUSH',
    'TLB_FLUSH_CURRENT',
    'TLB_FLUSH_GUEST',
    'HV_TLB_FLUSH',
    'TRIPLE_FAULT',
  ],
};

function servicedIn({ events }: Lab): string[] {
  return events.flatMap((event) => (event.kind === 'request-serviced' ? [event.request] : []));
}

describe('requests', () => {
  test('a flushing MOV CR3 leaves its requests pending and visible until the next entry', () => {
    const lab = createLab();
    lab.run({ kind: 'mov-cr3', value: '0x100000' });
    expect(kindsOf(lab.events)).toEqual([
      'root-allocated',
      'root-missed',
      'request-made MMU_SYNC',
      'request-made TLB_FLUSH_CURRENT',
    ]);
    expect(lab.vcpu.mode).toBe('host');
    lab.run({ kind: 'enter' });
    expect(kindsOf(lab.events)).toEqual([
      'request-serviced MMU_SYNC',
      'request-serviced TLB_FLUSH_CURRENT',
      'root-allocated',
    ]);
    expect(lab.vcpu.mode).toBe('guest');
    expect(lab.vcpu.requests).toBe(0);
  });

  test('are idempotent: one that is pending is not made again', () => {
    const lab = createLab();
    lab.run({ kind: 'make-request', request: 'MMU_SYNC' });
    lab.run({ kind: 'make-request', request: 'MMU_SYNC' });
    expect(lab.events).toEqual([]);
  });

  test.each(Object.entries(SERVICED))(
    'are serviced in the order of vcpu_enter_guest() of %s, whatever order they were made in',
    (kernel, ordered) => {
      for (const made of [ordered, [...ordered].reverse()]) {
        const lab = createLab({ kernel: kernel as KernelVersion });
        lab.run({ kind: 'enter' });
        for (const request of made) lab.run({ kind: 'make-request', request });
        lab.run({ kind: 'enter' });
        expect(servicedIn(lab)).toEqual(ordered.filter((name) => name !== 'TLB_FLUSH_CURRENT'));
      }
    },
  );

  test('the context in use is flushed after the root is loaded, and before a guest-wide flush', () => {
    const lab = createLab({ kernel: '6.12' });
    lab.run({ kind: 'enter' });
    const ordered = ['LOAD_MMU_PGD', 'TLB_FLUSH_CURRENT', 'TLB_FLUSH_GUEST'] as const;
    for (const request of [...ordered].reverse()) lab.run({ kind: 'make-request', request });
    lab.run({ kind: 'enter' });
    expect(servicedIn(lab)).toEqual(ordered);
  });

  test('every one that the model knows stands in that order', () => {
    const others = [...Object.values(SERVICED).flat(), 'STEAL_UPDATE'];
    expect(new Set(others)).toEqual(new Set(REQUEST_NAMES));
  });

  test('the steal time is brought up to date last, and not before a triple fault', () => {
    const lab = createLab({ kernel: '6.12' });
    lab.run({ kind: 'enter' });
    for (const request of ['STEAL_UPDATE', 'HV_TLB_FLUSH', 'TLB_FLUSH_GUEST'] as const) {
      lab.run({ kind: 'make-request', request });
    }
    lab.run({ kind: 'enter' });
    expect(servicedIn(lab)).toEqual(['TLB_FLUSH_GUEST', 'HV_TLB_FLUSH', 'STEAL_UPDATE']);
    lab.run({ kind: 'make-request', request: 'STEAL_UPDATE' });
    lab.run({ kind: 'make-request', request: 'TRIPLE_FAULT' });
    expect(lab.run({ kind: 'enter' })).toEqual({ kind: 'shutdown' });
    expect(servicedIn(lab)).toEqual(['TRIPLE_FAULT']);
  });

  test('TLB_FLUSH takes TLB_FLUSH_CURRENT with it', () => {
    const lab = createLab();
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH_CURRENT' });
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH' });
    lab.run({ kind: 'enter' });
    expect(kindsOf(lab.events)).toEqual(['request-serviced TLB_FLUSH', 'root-allocated']);
  });

  test('a triple fault shuts the vCPU down instead of entering', () => {
    const lab = createLab();
    lab.run({ kind: 'make-request', request: 'TRIPLE_FAULT' });
    expect(lab.run({ kind: 'enter' })).toEqual({ kind: 'shutdown' });
    expect(lab.vcpu.mode).toBe('host');
  });

  test.each([
    ['5.14.0', 'MMU_FREE_OBSOLETE_ROOTS'],
    ['6.1.190', 'MMU_RELOAD'],
    ['6.1.190', 'HV_TLB_FLUSH'],
  ] as const)('kernel %s refuses KVM_REQ_%s, and nothing changes', (kernel, request) => {
    const lab = createLab({ kernel });
    expect(() => lab.run({ kind: 'make-request', request })).toThrow(
      `Cannot run "make-request": kernel ${releaseOf(kernel)} has no KVM_REQ_${request}`,
    );
    expect(lab.vcpu.requests).toBe(0);
  });
});

describe('a root outside every memslot', () => {
  const config = { memory: { memslots: [{ gpa: '0x0', bytes: 2 ** 20 }] } };

  test('shuts the vCPU down to v6.5', () => {
    const lab = createLab({ ...config, kernel: '6.1' });
    lab.run({ kind: 'load-root', pgd: '0x100000' });
    expect(lab.run({ kind: 'enter' })).toEqual({ kind: 'shutdown' });
  });

  test('is a dummy root since v6.6, which is never cached', () => {
    const lab = createLab({ ...config, kernel: '6.12' });
    lab.run({ kind: 'load-root', pgd: '0x100000' });
    expect(lab.run({ kind: 'enter' })).toEqual({ kind: 'ok' });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('0 - - -');
    lab.run({ kind: 'load-root', pgd: '0x1000' });
    expect(kindsOf(lab.events)).toEqual(['root-freed', 'root-missed']);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('- - - -');
  });
});

describe('zap-all', () => {
  test('frees every obsolete root of every vCPU at its next entry, and builds new pages', () => {
    const lab = createLab({ vcpus: 2 });
    lab.run({ kind: 'mov-cr3', value: '0x100000' });
    lab.run({ kind: 'enter' });
    lab.run({ kind: 'enter', vcpu: 1 });
    lab.run({ kind: 'zap-all' });
    expect(kindsOf(lab.events)).toEqual([
      'request-made MMU_FREE_OBSOLETE_ROOTS',
      'request-made MMU_FREE_OBSOLETE_ROOTS',
      'page-zapped',
      'page-zapped',
    ]);
    lab.run({ kind: 'enter' });
    expect(kindsOf(lab.events)).toEqual([
      'request-serviced MMU_FREE_OBSOLETE_ROOTS',
      'root-freed',
      'root-freed',
      'page-zapped',
      'request-made TLB_FLUSH',
      'request-made TLB_FLUSH',
      'request-serviced TLB_FLUSH',
      'root-allocated',
    ]);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('100000 - - -');
    expect(currentRoot(lab.vcpu.rootMmu)?.hpa).toBe(0x100000000 + 2 * 4096);
  });
});
