import { describe, expect, test } from 'vitest';
import type { KernelName } from '../../src/mmu/schema/index.js';
import { kindsOf, type Lab } from './lab.js';
import { createGuest, DATA, frameAt, hex, ROOTS } from './paged-guest.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';

const IN_L2 = {
  kind: 'set-nested-state',
  vmxon: '0x1000',
  vmcs12: '0x2000',
  guestMode: true,
} as const;
const OK = { kind: 'ok' };

/** L1 in PAE paging that ran an L2 in PAE paging without EPT, on tables of its own. */
function paeHypervisor(kernel: KernelName): Lab {
  const lab = createGuest({ paging: 'shadow', kernel }, 'PAE');
  lab.run({ kind: 'mov-cr4', value: '0x2020' });
  lab.run({ kind: 'vmxon', address: '0x1000' });
  lab.run({ kind: 'vmptrld', address: '0x2000' });
  lab.run({ kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x20' });
  lab.run({ kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' });
  enterL2(lab);
  expect(frameAt(lab, DATA)).toBe(0x10);
  lab.run({ kind: 'vmexit', reason: 18 });
  return lab;
}

/** The first PDPTE of L2 has a reserved bit set, as long as the VMM has not restored memory. */
const BROKEN = { kind: 'host-write', gpa: hex(ROOTS[0]), value: '0x7' } as const;

describe('GET_NESTED_STATE_PAGES', () => {
  test('is made when L2 is put back, and serviced before every other request', () => {
    const lab = startHypervisor({}, '0x22');
    enterL2(lab);
    lab.run({ kind: 'get-nested-state' });
    lab.run(IN_L2);
    expect(kindsOf(lab.events).at(-1)).toBe('request-made GET_NESTED_STATE_PAGES');
    lab.run({ kind: 'enter' });
    const serviced = kindsOf(lab.events).filter((kind) => kind.startsWith('request-serviced'));
    expect(serviced.slice(0, 2)).toEqual([
      ...['request-serviced GET_NESTED_STATE_PAGES', 'request-serviced LOAD_MMU_PGD'],
    ]);
  });

  test('is made when L2 goes on after system-management mode', () => {
    const lab = startHypervisor({}, '0x22');
    enterL2(lab);
    lab.run({ kind: 'smi' });
    expect(lab.vcpu.nested.guestMode).toBe(false);
    lab.run({ kind: 'enter' });
    lab.run({ kind: 'rsm' });
    expect(kindsOf(lab.events)).toContain('request-made GET_NESTED_STATE_PAGES');
    expect(frameAt(lab, DATA)).toBe(0x10);
  });

  test.each<[KernelName, string, object]>([
    ['5.13', 'at once: the state is refused', { kind: 'error', errno: 'EINVAL' }],
    ['5.14', 'with the request', OK],
    ['6.1', 'with the request', OK],
    ['7.3', 'with the request', OK],
  ])('%s reads the PDPTEs of an L2 without EPT %s', (kernel, _when, restored) => {
    const lab = paeHypervisor(kernel);
    lab.run(BROKEN);
    expect(lab.run(IN_L2)).toEqual(restored);
    if (kernel === '5.13') return;
    expect(lab.run({ kind: 'enter' })).toEqual({ kind: 'error', errno: 'EFAULT' });
    expect(lab.vcpu).toMatchObject({ mode: 'host', nested: { guestMode: true } });
    // The request was checked, and is gone: KVM runs L2 on the PDPTEs that are there.
    expect(lab.run({ kind: 'enter' })).toEqual(OK);
  });

  test('takes PDPTEs that the VMM restores after the nested state', () => {
    const lab = paeHypervisor('6.1');
    const [first] = lab.vcpu.regs.pdptrs;
    lab.run(BROKEN);
    expect(lab.run(IN_L2)).toEqual(OK);
    const value = hex((first?.page ?? 0) * 4096 + (first?.low ?? 0));
    lab.run({ ...BROKEN, value });
    expect(frameAt(lab, DATA)).toBe(0x10);
  });

  test('is withdrawn where L2 leaves before it ran, and means nothing to L1', () => {
    const lab = paeHypervisor('6.1');
    lab.run(IN_L2);
    lab.run({ ...IN_L2, guestMode: false });
    expect(lab.run({ kind: 'enter' })).toEqual(OK);
    expect(kindsOf(lab.events)).not.toContain('request-serviced GET_NESTED_STATE_PAGES');
    lab.run({ kind: 'make-request', request: 'GET_NESTED_STATE_PAGES' });
    expect(lab.run({ kind: 'enter' })).toEqual(OK);
  });
});
