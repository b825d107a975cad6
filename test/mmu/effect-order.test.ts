import { describe, expect, test } from 'vitest';
import type { MmuEvent } from '../../src/mmu/schema/index.js';
import { readData } from './oracle-lab.js';
import { createGuest, hex, noFlush, ROOTS } from './paged-guest.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';

const TWO_ROOTS = { paging: 'shadow', registers: { cr4: '0x200a0' } } as const;

/** An event, and what tells it from others of its kind as far as an order needs it. */
function toldOf(events: readonly MmuEvent[]): string[] {
  return events.map((event) => {
    const { kind, request, slot, to, guest, scope } = event as MmuEvent & Record<string, unknown>;
    return [kind, request, slot, to, guest, scope].filter((part) => part !== undefined).join(' ');
  });
}

/** The effects of one command in the order of KVM's code, where another order has other ends. */
describe.each(['5.14', '6.1', '7.3'] as const)('the order of effects, Linux %s', (kernel) => {
  test('a root is loaded: synced, written to the processor, and then flushed', () => {
    const lab = createGuest({ kernel, ...TWO_ROOTS });
    readData(lab);
    lab.run({ kind: 'write', gva: hex(0x103000), value: hex(0x15067) });
    lab.run({ kind: 'free-roots', mmu: 'root', roots: ['current'] });
    lab.run({ kind: 'enter' });
    expect(toldOf(lab.events)).toEqual([
      'root-allocated',
      'root-synced',
      'tlb-flushed current',
      'vm-entered L1',
    ]);
  });

  test('roots are freed: the previous ones first, then the current one', () => {
    const lab = createGuest({ kernel, ...TWO_ROOTS });
    readData(lab);
    lab.run(noFlush(ROOTS[1] + 1));
    readData(lab);
    lab.run({ kind: 'free-roots', mmu: 'root', roots: ['current', 'prev0'] });
    expect(toldOf(lab.events)).toEqual(['vm-exit host', 'root-freed 0', 'root-freed -1']);
  });

  test('everything is zapped: each vCPU is asked before a page goes, and told to flush after', () => {
    const lab = createGuest({ kernel, vcpus: 2, ...TWO_ROOTS });
    readData(lab);
    lab.run({ kind: 'zap-all' });
    const frees = kernel === '5.14' ? 'MMU_RELOAD' : 'MMU_FREE_OBSOLETE_ROOTS';
    expect(toldOf(lab.events)).toEqual([
      'vm-exit host',
      ...Array(2).fill(`request-made ${frees}`),
      ...Array(4).fill('page-zapped'),
      ...Array(2).fill('request-made TLB_FLUSH'),
    ]);
    lab.run({ kind: 'enter' });
    expect(toldOf(lab.events)).toEqual([
      ...[`request-serviced ${frees}`, 'root-freed -1', 'page-zapped'],
      ...['request-serviced TLB_FLUSH', 'tlb-flushed all'],
      ...['page-allocated', 'root-allocated', 'root-synced', 'tlb-flushed current'],
      'vm-entered L1',
    ]);
  });

  test('MOV to CR3: the switch comes first, so that what the flush names is current', () => {
    const lab = createGuest({ kernel, ...TWO_ROOTS });
    readData(lab);
    lab.run(noFlush(ROOTS[1] + 1));
    readData(lab);
    lab.run({ kind: 'mov-cr3', value: hex(ROOTS[0]) });
    expect(toldOf(lab.events)).toEqual([
      ...['vm-exit host', 'root-reused 0', 'request-made LOAD_MMU_PGD'],
      ...['request-made MMU_SYNC', 'request-made TLB_FLUSH_CURRENT'],
    ]);
    lab.run({ kind: 'enter' });
    expect(toldOf(lab.events)).toEqual([
      ...['request-serviced MMU_SYNC', 'root-synced', 'request-serviced LOAD_MMU_PGD'],
      ...['request-serviced TLB_FLUSH_CURRENT', 'tlb-flushed current', 'vm-entered L1'],
    ]);
  });

  test('an L2 without VPID: asked to flush before its MMU is there, and L1 after its own is', () => {
    const lab = startHypervisor({ kernel }, '0x2');
    enterL2(lab);
    readData(lab);
    lab.run({ kind: 'vmexit' });
    const left = toldOf(lab.events);
    expect(left.indexOf('root-reused -1')).toBeGreaterThan(left.indexOf('vm-exit L1'));
    expect(left.indexOf('request-made TLB_FLUSH_GUEST')).toBe(left.length - 1);
    lab.run({ kind: 'enter' });
    lab.run({ kind: 'vmresume' });
    expect(toldOf(lab.events)).toEqual([
      ...['vm-exit host', 'request-made TLB_FLUSH_GUEST'],
      ...['root-reused -1', 'request-made LOAD_MMU_PGD'],
    ]);
  });

  test('L2 leaves: what L2 is owed is flushed before its context is, and a sync of it is not done', () => {
    const lab = startHypervisor({ kernel }, '0x22');
    enterL2(lab);
    readData(lab);
    lab.run({ kind: 'vmexit', reason: 10 });
    enterL2(lab);
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH_CURRENT' });
    lab.run({ kind: 'make-request', request: 'MMU_SYNC' });
    lab.run({ kind: 'get-nested-state' });
    lab.run({ kind: 'set-nested-state' });
    const told = toldOf(lab.events);
    expect(told.slice(0, 2)).toEqual(['request-serviced TLB_FLUSH_CURRENT', 'tlb-flushed current']);
    expect(told.indexOf('root-freed -1')).toBeGreaterThan(told.indexOf('root-reused -1'));
    expect(told).not.toContain('request-serviced MMU_SYNC');
    expect(lab.vcpu.requests).not.toBe(0);
  });
});
