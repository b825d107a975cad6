import { describe, expect, test } from 'vitest';
import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import { beginVmx, createLab, kindsOf, type Lab, type LabCommand } from './lab.js';
import { createGuest, DATA, eventsOf, frameAt, hex, PT, PTE, writeEntry } from './paged-guest.js';

const PREEMPT: LabCommand = { kind: 'preempt' };
const ENTER: LabCommand = { kind: 'enter' };
const FLUSH_0: LabCommand = { kind: 'pv-flush', vcpu: 1, vcpus: [0] };
const TWO: VmConfigInput = { vcpus: 2 };
const HYPER_V: VmConfigInput = {
  vcpus: 2,
  paging: 'ept',
  kernel: '6.12',
  cpuid: { hyperv: true },
};

type HvFlush = Extract<LabCommand, { kind: 'hv-flush' }>;

const space = (more: Partial<HvFlush> = {}): LabCommand => ({
  ...{ kind: 'hv-flush', vcpu: 1, call: 'HvCallFlushVirtualAddressSpace' },
  ...more,
});
const list = (gvas: string[], more: Partial<HvFlush> = {}): LabCommand => ({
  ...{ kind: 'hv-flush', vcpu: 1, call: 'HvCallFlushVirtualAddressList', gvas },
  ...more,
});

/** Addresses that the last command flushed, with how many pages. */
function flushed(lab: Lab): string[] {
  return eventsOf(lab, 'tlb-flushed').map(({ scope, address, pages }) =>
    address === null ? scope : `${hex(address.page * 4096)} ${pages}`,
  );
}

/** vCPU 1 moves the first page of data to another frame. */
function moveData(lab: Lab): void {
  writeEntry(lab, PT, 0x1a000 + PTE, 1);
}

describe("KVM's own flush", () => {
  test('a vCPU that runs is left to an interrupt of the guest', () => {
    const lab = createGuest(TWO);
    lab.run(ENTER);
    expect(lab.run(FLUSH_0)).toEqual({ kind: 'ok', value: { page: 0, low: 1 } });
    expect(lab.vcpu.steal).toEqual({ preempted: false, flushTlb: false });
  });

  test('one that is preempted is flushed before it runs again, and never interrupted', () => {
    const lab = createGuest(TWO);
    expect(frameAt(lab, DATA)).toBe(0x10);
    lab.run(PREEMPT);
    expect(eventsOf(lab, 'vm-exit').map(({ name }) => name)).toEqual(['EXTERNAL_INTERRUPT']);
    moveData(lab);
    expect(lab.run(FLUSH_0)).toEqual({ kind: 'ok', value: { page: 0, low: 0 } });
    expect(lab.vcpu.steal).toEqual({ preempted: true, flushTlb: true });
    lab.run(ENTER);
    expect(kindsOf(lab.events)).toEqual([
      'request-made STEAL_UPDATE',
      'request-serviced STEAL_UPDATE',
      // The sync write-protects the table, which every TLB must know.
      'request-made TLB_FLUSH',
      'request-made TLB_FLUSH',
      'page-synced',
      'request-serviced TLB_FLUSH',
    ]);
    expect(flushed(lab)).toEqual(['guest', 'all']);
    expect(lab.vcpu.steal).toEqual({ preempted: false, flushTlb: false });
    expect(frameAt(lab, DATA)).toBe(0x1a);
    expect(lab.vcpu.counters.tlbFlush).toBe(2);
  });

  test('without a flush that was asked for, it runs on as it was', () => {
    const lab = createGuest(TWO);
    lab.run(ENTER);
    lab.run(PREEMPT);
    lab.run(ENTER);
    expect(flushed(lab)).toEqual([]);
    expect(kindsOf(lab.events)).toEqual([
      'request-made STEAL_UPDATE',
      'request-serviced STEAL_UPDATE',
    ]);
  });

  test('v5.14 unloads the MMU for it', () => {
    const lab = createGuest({ ...TWO, kernel: '5.14', policy: 'mainline-5.14' });
    lab.run(ENTER);
    lab.run(PREEMPT);
    lab.run(FLUSH_0);
    lab.run(ENTER);
    expect(kindsOf(lab.events)).toEqual([
      'request-made STEAL_UPDATE',
      'request-serviced STEAL_UPDATE',
      'root-freed',
      'root-allocated',
    ]);
  });

  test.each([
    [[9], 'no vCPU 9'],
    [[0, 0], 'a vCPU is named twice'],
  ])('is refused for %j', (vcpus, why) => {
    const lab = createLab(TWO);
    expect(() => lab.run({ kind: 'pv-flush', vcpus })).toThrow(`Cannot run "pv-flush": ${why}`);
  });

  test('is refused to L2, whose steal time is that of L1', () => {
    const lab = beginVmx({ paging: 'ept' }, '0x0');
    lab.run({ kind: 'vmlaunch' });
    expect(() => lab.run({ kind: 'pv-flush', vcpus: [0] })).toThrow('L2 has the steal time');
  });
});

describe("Hyper-V's flushes", () => {
  test('to v6.1 each is a flush of the whole guest', () => {
    const lab = createGuest({ ...HYPER_V, kernel: '6.1' });
    lab.run(ENTER);
    expect(lab.run(list(['0x400000']))).toEqual({ kind: 'ok', value: { page: 2 ** 20, low: 0 } });
    expect(kindsOf(lab.events)).toEqual([
      'root-allocated',
      'request-made TLB_FLUSH_GUEST',
      'request-made TLB_FLUSH_GUEST',
    ]);
    expect(lab.vcpu.hvFlushes).toEqual([]);
  });

  test('since v6.2 a queue takes pages, and under EPT no more than those are flushed', () => {
    const lab = createGuest(HYPER_V);
    lab.run(ENTER);
    lab.run(list(['0x400003', '0x900000']));
    lab.run(ENTER);
    expect(flushed(lab)).toEqual(['0x400000 4', '0x900000 1']);
    expect(lab.vcpu.counters.tlbFlush).toBe(2);
    expect(lab.vcpu.hvFlushes).toEqual([]);
  });

  test('where KVM shadows, the queue is not looked at', () => {
    const lab = createGuest({ ...HYPER_V, paging: 'shadow' });
    lab.run(ENTER);
    lab.run(list(['0x400000']));
    lab.run(ENTER);
    expect(flushed(lab)).toEqual(['guest']);
  });

  test('a flush of the guest takes the queue with it', () => {
    const lab = createGuest(HYPER_V);
    lab.run(ENTER);
    lab.run(list(['0x400000']));
    lab.run({ kind: 'make-request', request: 'TLB_FLUSH_GUEST' });
    lab.run(ENTER);
    expect(flushed(lab)).toEqual(['guest']);
    expect([lab.vcpu.requests, lab.vcpu.hvFlushes]).toEqual([0, []]);
  });

  test.each([
    ['fifteen entries fit', [15], 15, ['pages']],
    ['sixteen are everything', [16], 1, ['guest']],
    ['one that fits no more is everything', [14, 2], 15, ['pages', 'guest']],
    ['beyond that nothing is queued', [15, 1, 1, 1], 16, ['pages', 'guest']],
  ])('%s', (_, lists, queued, kinds) => {
    const lab = createGuest(HYPER_V);
    lab.run(ENTER);
    for (const count of lists) lab.run(list(Array.from({ length: count }, () => '0x400000')));
    expect(lab.vcpu.hvFlushes).toHaveLength(queued);
    lab.run(ENTER);
    expect([...new Set(flushed(lab).map((one) => (one === 'guest' ? one : 'pages')))]).toEqual(
      kinds,
    );
  });

  test('an address that is not canonical is passed over', () => {
    const lab = createGuest(HYPER_V);
    lab.run(ENTER);
    lab.run(list(['0xaaaaaaaaaaaaa000', '0x400000']));
    lab.run(ENTER);
    expect(flushed(lab)).toEqual(['0x400000 1']);
  });

  test('one is canonical by what the processor has, not by CR4.LA57', () => {
    const lab = createGuest({ ...HYPER_V, cpuid: { hyperv: true, la57: true } }, '5-level');
    lab.run({ kind: 'set-sregs', cr4: '0xa0' });
    lab.run(ENTER);
    lab.run(list(['0xff80000000000000', '0xfe00000000000000']));
    lab.run(ENTER);
    expect(flushed(lab)).toEqual(['0xff80000000000000 1']);
  });

  test.each<[string, Partial<HvFlush>, number[]]>([
    ['the mask', { flags: 2, processorMask: '0x1' }, [0]],
    ['an empty mask, which means all', { flags: 2 }, [0, 1]],
    ['the flag for all', { flags: 3, processorMask: '0x1' }, [0, 1]],
    ['a set', { call: 'HvCallFlushVirtualAddressSpaceEx', vpSet: [{ bank: 0, mask: '0x2' }] }, [1]],
    ['an empty set', { call: 'HvCallFlushVirtualAddressSpaceEx', vpSet: [] }, []],
    ['no set', { call: 'HvCallFlushVirtualAddressSpaceEx' }, [0, 1]],
    [
      'another bank',
      { call: 'HvCallFlushVirtualAddressSpaceEx', vpSet: [{ bank: 1, mask: '0x3' }] },
      [],
    ],
  ])('%s says which vCPUs', (_, more, targets) => {
    const lab = createLab(HYPER_V);
    lab.run(space(more));
    const asked = lab.vm.vcpus.filter(({ requests }) => requests !== 0).map(({ index }) => index);
    expect(asked).toEqual(targets);
  });

  test.each([
    ['a list without entries', list([]), 3],
    ['entries of a space', space({ gvas: ['0x1000'] }), 3],
  ])('%s is invalid input, and nothing is flushed', (_, command, status) => {
    const lab = createLab(HYPER_V);
    expect(lab.run(command)).toEqual({ kind: 'ok', value: { page: 0, low: status } });
    expect(lab.vcpu.requests).toBe(0);
  });

  test('user code and real mode have no hypercalls', () => {
    const lab = createLab(HYPER_V);
    lab.run({ kind: 'set-sregs', vcpu: 1, cpl: 3 });
    expect(lab.run(space())).toEqual({ kind: 'fault', vector: '#UD', errorCode: null });
    lab.run({ kind: 'init', vcpu: 1 });
    expect(lab.run(space())).toEqual({ kind: 'fault', vector: '#UD', errorCode: null });
  });

  test('without them in CPUID the command is refused', () => {
    const lab = createLab();
    expect(() => lab.run({ ...space(), vcpu: 0 })).toThrow('CPUID does not offer');
  });
});

describe('while L2 runs', () => {
  /** L1 with an L2 that has a VPID, on vCPU 0. */
  function inL2(config: VmConfigInput): Lab {
    const lab = beginVmx({ ...HYPER_V, ...config }, '0x22');
    lab.run({ kind: 'vmlaunch' });
    lab.run(ENTER);
    return lab;
  }

  test('its hypercall is an exit to L1', () => {
    const lab = inL2({});
    expect(lab.run({ ...space(), vcpu: 0 })).toMatchObject({ kind: 'vm-exit', reason: 18 });
  });

  test('the queue of L1 waits for the VM exit, which asks for it anew', () => {
    const lab = inL2({});
    lab.run(list(['0x400000']));
    lab.run(ENTER);
    expect(flushed(lab)).toEqual([]);
    expect(lab.vcpu.hvFlushes).toHaveLength(1);
    lab.run({ kind: 'vmexit' });
    expect(kindsOf(lab.events)).toContain('request-made HV_TLB_FLUSH');
    lab.run(ENTER);
    expect(flushed(lab)).toEqual(['0x400000 1']);
  });

  test.each([
    ['5.14', 1],
    ['6.1', 2],
    ['6.12', 2],
  ] as const)('%s flushes VPID %i for the steal time of L1', (kernel, vpid) => {
    const lab = inL2({ kernel });
    lab.run(PREEMPT);
    lab.run(FLUSH_0);
    lab.run(ENTER);
    expect(eventsOf(lab, 'tlb-flushed').map((event) => event.vpid)).toEqual([vpid]);
  });
});

describe('the oracle asks of a flush what it promised', () => {
  /** The page has moved, but the TLB of vCPU 0 is not told: the flush is taken from KVM. */
  function afterSilent(flush: LabCommand): string | null {
    const lab = createGuest({ ...HYPER_V, registers: { cr4: '0x20' } });
    expect(frameAt(lab, DATA)).toBe(0x10);
    moveData(lab);
    lab.run(flush);
    lab.vcpu.requests = 0;
    frameAt(lab, DATA);
    return eventsOf(lab, 'violation')[0]?.rule ?? null;
  }

  test.each<[string, LabCommand, string | null]>([
    ['all of it', space(), 'stale-translation'],
    ['the page', list([hex(DATA)]), 'stale-translation'],
    ['a run of pages', list([hex(DATA - 0x1000 + 1)]), 'stale-translation'],
    ['its address space', space({ flags: 1, addressSpace: '0x100000' }), 'stale-translation'],
    ['all but global pages', space({ flags: 7 }), 'stale-translation'],
    ['another page', list([hex(DATA + 0x1000)]), null],
    ['another vCPU', space({ flags: 2, processorMask: '0x2' }), null],
    ['a call that fails', list([]), null],
  ])('%s', (_, flush, rule) => {
    expect(afterSilent(flush)).toBe(rule);
  });
});
