import { describe, expect, test } from 'vitest';
import { kindsOf, type Lab } from './lab.js';
import { readData } from './oracle-lab.js';
import { hex } from './paged-guest.js';
import { EPTP, EPTP_AD, enterL2, startHypervisor } from './paged-hypervisor.js';

const KERNELS = ['5.14', '6.1', '6.12', '7.3'] as const;

/** L1, whose L2 ran on two EPTPs of one EPT: both roots are cached, the second is the current one. */
function twoRoots(kernel: (typeof KERNELS)[number]): Lab {
  const lab = startHypervisor({ kernel }, '0x22');
  for (const eptp of [EPTP, EPTP_AD]) {
    lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: hex(eptp) });
    enterL2(lab);
    readData(lab);
    lab.run({ kind: 'vmexit', reason: 18 });
    lab.run({ kind: 'enter' });
  }
  return lab;
}

function toldOf({ events }: Lab): string[] {
  return events.map((event) => {
    return event.kind === 'request-made' ? `request-made ${event.request}` : event.kind;
  });
}

/** The order in which `handle_invept()` and `handle_invvpid()` have their effects. */
describe.each(KERNELS)('instructions of L1 for its L2, Linux %s', (kernel) => {
  test.each([1, 2])(
    'INVEPT of type %i frees previous roots, then the current one, at once',
    (type) => {
      const lab = twoRoots(kernel);
      lab.run({ kind: 'invept', type, eptp: hex(EPTP) });
      expect(kindsOf(lab.events).filter((kind) => kind !== 'vm-exit')).toEqual([
        ...['root-freed', 'root-freed'],
        ...lab.events.filter(({ kind }) => kind === 'page-zapped').map(({ kind }) => kind),
      ]);
      const freed = lab.events.flatMap((event) =>
        event.kind === 'root-freed' ? [event.slot] : [],
      );
      expect(freed).toEqual([0, -1]);
      // Neither a request nor a flush: the next load of a root does both.
      expect(lab.vcpu.requests).toBe(0);
      lab.run({ kind: 'vmresume' });
      lab.run({ kind: 'enter' });
      const entered: string[] = lab.events.map(({ kind }) => kind);
      const order = ['root-allocated', 'root-synced', 'tlb-flushed', 'vm-entered'];
      const places = order.map((kind) => entered.indexOf(kind));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
    },
  );

  test('INVVPID flushes the tag of L2 at once, and frees nothing where KVM has an EPT', () => {
    const lab = twoRoots(kernel);
    lab.run({ kind: 'invvpid', type: 2, vpid: 0, gva: '0x0' });
    expect(
      lab.events.flatMap((event) => (event.kind === 'tlb-flushed' ? [event.vpid] : [])),
    ).toEqual([2]);
    expect(kindsOf(lab.events)).not.toContain('root-freed');
    expect(lab.vcpu.requests).toBe(0);
  });

  test('INVVPID under shadow paging: the hardware first, then the roots of L2', () => {
    const lab = startHypervisor({ kernel, paging: 'shadow' }, '0x20');
    enterL2(lab);
    readData(lab);
    lab.run({ kind: 'vmexit', reason: 18 });
    lab.run({ kind: 'enter' });
    lab.run({ kind: 'invvpid', type: 1, vpid: 1, gva: '0x0' });
    const told = lab.events.map(({ kind }) => kind).filter((kind) => /freed|flushed/.test(kind));
    expect(told).toEqual(['tlb-flushed', 'root-freed']);
  });

  test('VMFUNC: the switch of guest_mmu first, then what an L2 without VPID is owed', () => {
    const lab = startHypervisor({ kernel }, '0x2002');
    lab.run({ kind: 'vmwrite', field: 'VM_FUNCTION_CONTROL', value: '0x1' });
    lab.run({ kind: 'vmwrite', field: 'EPTP_LIST_ADDRESS', value: '0x4000' });
    lab.run({ kind: 'host-write', gpa: '0x4008', value: hex(EPTP_AD) });
    enterL2(lab);
    readData(lab);
    expect(lab.run({ kind: 'vmfunc', function: 0, index: 1 })).toEqual({ kind: 'ok' });
    expect(kindsOf(lab.events).filter((kind) => kind !== 'vm-exit')).toEqual([
      'root-missed',
      'request-made TLB_FLUSH_GUEST',
    ]);
    readData(lab);
    lab.run({ kind: 'vmfunc', function: 0, index: 1 });
    expect(kindsOf(lab.events).filter((kind) => kind.startsWith('request'))).toEqual([]);
  });

  test('an entry to L2: what L2 is owed by its new VPID, and then the switch of guest_mmu', () => {
    const lab = twoRoots(kernel);
    lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: hex(EPTP) });
    lab.run({ kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x7' });
    lab.run({ kind: 'vmresume' });
    const told = toldOf(lab);
    const reused = told.indexOf('root-reused');
    const owed = kernel === '5.14' ? 'tlb-flushed' : 'request-made TLB_FLUSH_GUEST';
    expect(told.lastIndexOf(owed)).toBeLessThan(reused);
    expect(told.lastIndexOf(owed)).toBeGreaterThan(-1);
    expect(told.indexOf('request-made LOAD_MMU_PGD')).toBeGreaterThan(reused);
  });
});
