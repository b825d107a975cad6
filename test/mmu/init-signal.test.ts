import { describe, expect, test } from 'vitest';
import { beginVmx, createLab, kindsOf, type Lab, slotsOf } from './lab.js';
import { allowed, readData, violationOf } from './oracle-lab.js';
import { createGuest, DATA, hex } from './paged-guest.js';
import { startHypervisor } from './paged-hypervisor.js';

const INIT = { kind: 'init' } as const;

/** Real mode, as INIT leaves it. */
const RESET = { cr0: 0x10, cr4: 0, efer: 0, cpl: 0, csL: false };

function pendingIn(lab: Lab): boolean {
  return lab.vcpu.initPending;
}

describe('INIT in VMX root operation', () => {
  test('waits, and changes nothing but that the vCPU leaves for it', () => {
    const lab = beginVmx({}, '0x20');
    lab.run({ kind: 'enter' });
    const before = structuredClone(lab.vcpu.regs);
    expect(lab.run(INIT)).toEqual({ kind: 'ok' });
    expect(kindsOf(lab.events)).toEqual([]);
    expect(lab.vcpu).toMatchObject({ mode: 'host', initPending: true, regs: before });
    expect(lab.run({ kind: 'mov-from-cr3' })).toMatchObject({ kind: 'ok' });
    expect(lab.run(INIT)).toEqual({ kind: 'ok' });
    expect(pendingIn(lab)).toBe(true);
  });

  test('takes place with VMXOFF', () => {
    const lab = beginVmx({}, '0x20');
    lab.run(INIT);
    expect(lab.run({ kind: 'vmxoff' })).toEqual({ kind: 'ok' });
    expect(lab.vcpu).toMatchObject({ initPending: false, regs: RESET });
    expect(kindsOf(lab.events)).toEqual(['root-freed', 'request-made TLB_FLUSH_GUEST']);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('- - - -');
  });

  test('which faults, leaves it waiting', () => {
    const lab = beginVmx({}, '0x20');
    lab.run(INIT);
    lab.run({ kind: 'set-sregs', cpl: 3 });
    expect(lab.run({ kind: 'vmxoff' })).toMatchObject({ vector: '#GP' });
    expect(pendingIn(lab)).toBe(true);
  });

  test.each(['5.18', '6.1'] as const)('makes L2 leave before it runs, kernel %s', (kernel) => {
    const lab = beginVmx({ kernel: kernel === '5.18' ? '5.18.0' : kernel, paging: 'ept' }, '0x22');
    lab.run(INIT);
    expect(lab.run({ kind: 'vmlaunch' })).toEqual({ kind: 'ok' });
    lab.run({ kind: 'make-request', request: 'MMU_SYNC' });
    const outcome = lab.run({ kind: 'mov-cr3', value: '0x300000' });
    expect(outcome).toEqual({ kind: 'vm-exit', reason: 3, qualification: { page: 0, low: 0 } });
    expect(lab.vcpu).toMatchObject({ initPending: false, nested: { guestMode: false } });
    expect(lab.vcpu.regs.cr3).toEqual({ page: 0x100, low: 0 });
    const entered = lab.events.flatMap((event) => (event.kind === 'vm-entered' ? event.guest : []));
    expect(entered).toEqual(['L1']);
    const exit = lab.events.findIndex((event) => event.kind === 'vm-exit');
    const serviced = lab.events.findIndex(
      (event) => event.kind === 'request-serviced' && event.request === 'MMU_SYNC',
    );
    // Up to v5.19 nested events were looked at before the requests.
    expect(serviced < exit).toBe(kernel === '6.1');
  });

  test('that comes while L2 runs is an exit at once', () => {
    const lab = beginVmx({ paging: 'ept' }, '0x22');
    lab.run({ kind: 'vmlaunch' });
    lab.run({ kind: 'enter' });
    expect(lab.run(INIT)).toMatchObject({ kind: 'vm-exit', reason: 3 });
    expect(pendingIn(lab)).toBe(false);
  });
});

test('INIT outside VMX operation does not wait, and leaves the rights of protection keys', () => {
  const registers = { cr4: '0x4000a0', pkru: '0x5', pkrs: '0x6' };
  const lab = createLab({ paging: 'ept', registers });
  lab.run(INIT);
  expect(lab.vcpu).toMatchObject({ initPending: false, regs: { ...RESET, pkru: 5, pkrs: 6 } });
});

test('what INIT drops is dropped when it takes place', () => {
  const lab = startHypervisor({ paging: 'ept' });
  for (const value of ['0x2020', '0x20a0']) lab.run({ kind: 'mov-cr4', value });
  expect(readData(lab)).toBe('0x10 allowed');
  lab.run(INIT);
  expect(allowed(lab)).toBe('0x10');
  lab.run({ kind: 'vmxoff' });
  expect(allowed(lab)).toBe('0x400');
  expect(violationOf(lab)).toBe(null);
});

test('an address of the guest is a physical one after INIT', () => {
  const lab = createGuest();
  lab.run({ kind: 'read', gva: hex(DATA) });
  lab.run(INIT);
  expect(readData(lab, DATA)).toBe('0x0 allowed');
});
