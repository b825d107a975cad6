import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flawsOf, POLICIES } from '../../src/mmu/index.js';
import { kindsOf, type Lab, slotsOf } from './lab.js';
import { readData, violationOf } from './oracle-lab.js';
import { createGuest, hex, ROOTS } from './paged-guest.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';
import { run } from './random-commands.js';
import { apply, begin } from './random-guest.js';

const GET = { kind: 'get-nested-state' } as const;
const SET = { kind: 'set-nested-state' } as const;
const IN_L2 = { ...SET, vmxon: '0x1000', vmcs12: '0x2000', guestMode: true } as const;

const OK = { kind: 'ok' };
const EINVAL = { kind: 'error', errno: 'EINVAL' };

/** Runs under policies that keep the architecture's promises. */
const sound = run.filter(({ config }) => POLICIES[config.policy ?? 'mainline'].isSound);

function nestedOf({ vcpu }: Lab): object {
  const { vmxon, currentVmcs, guestMode } = vcpu.nested;
  return { vmxon, vmcs12: currentVmcs?.gpa ?? null, guestMode, mmu: vcpu.mmu.name };
}

describe.each([
  ['ept', '0x22', 'guest'],
  ['ept', '0x20', 'root'],
  ['shadow', '0x20', 'root'],
] as const)('nested state, %s, controls %s', (paging, controls, mmu) => {
  test('is put back with L2 in the middle of its run', () => {
    const lab = startHypervisor({ paging }, controls);
    enterL2(lab);
    expect(readData(lab)).toBe('0x10 allowed');
    expect(lab.run(GET)).toEqual(OK);
    const regs = structuredClone(lab.vcpu.regs);
    expect(lab.run(SET)).toEqual(OK);
    expect(nestedOf(lab)).toEqual({ vmxon: -1, vmcs12: null, guestMode: false, mmu: 'root' });
    expect(slotsOf(lab.vcpu.guestMmu)).toBe('- - - -');

    expect(lab.run(IN_L2)).toEqual(OK);
    expect(nestedOf(lab)).toEqual({ vmxon: 0x1000, vmcs12: 0x2000, guestMode: true, mmu });
    expect(lab.vcpu.regs).toEqual(regs);
    expect(readData(lab)).toBe('0x10 allowed');
    expect(lab.run({ kind: 'vmexit' })).toMatchObject({ kind: 'vm-exit', reason: 18 });
    expect(violationOf(lab)).toBe(null);
  });

  test('is left before other state takes its place, L1 with it, which is not told', () => {
    const lab = startHypervisor({ paging }, controls);
    enterL2(lab);
    lab.run({ ...SET, vmxon: '0x1000', vmcs12: '0x2000' });
    expect(nestedOf(lab)).toEqual({
      ...{ vmxon: 0x1000, vmcs12: 0x2000, guestMode: false, mmu: 'root' },
    });
    expect(lab.vcpu.nested.currentVmcs?.fields.get(0x4402)).toBe(undefined);
    expect(readData(lab)).toBe('0x10 allowed');
  });
});

test('L2 goes on with the CR3 that it loaded, once KVM has stored it, and not before', () => {
  const stored = [true, false].map((isStored) => {
    const lab = startHypervisor({}, '0x22');
    enterL2(lab);
    lab.run({ kind: 'mov-cr3', value: hex(ROOTS[1]) });
    if (isStored) lab.run(GET);
    return lab.vcpu.nested.currentVmcs?.fields.get(0x6802)?.page;
  });
  expect(stored).toEqual([ROOTS[1] / 4096, ROOTS[0] / 4096]);
});

test('the order: what L2 and L1 are owed, their MMUs, and then what the new L2 is owed', () => {
  const lab = startHypervisor({}, '0x22');
  enterL2(lab);
  readData(lab);
  lab.run({ kind: 'make-request', request: 'TLB_FLUSH_CURRENT' });
  lab.run(IN_L2);
  expect(kindsOf(lab.events)).toMatchInlineSnapshot(`
    [
      "request-serviced TLB_FLUSH_CURRENT",
      "root-reused",
      "request-made LOAD_MMU_PGD",
      "root-freed",
      "request-made TLB_FLUSH",
      "request-made TLB_FLUSH_GUEST",
      "root-missed",
      "request-made GET_NESTED_STATE_PAGES",
    ]
  `);
});

describe('what KVM refuses', () => {
  test.each([
    ['a VMCS, or L2, outside VMX operation', { vmcs12: '0x2000' }],
    ['L2 outside VMX operation', { guestMode: true }],
    ['a VMXON region that is not a page', { vmxon: '0x1008' }],
    ['a VMXON region above MAXPHYADDR', { vmxon: hex(2 ** 50) }],
  ])('before anything happens: %s', (_what, fields) => {
    const lab = startHypervisor();
    enterL2(lab);
    const before = nestedOf(lab);
    expect(lab.run({ ...SET, ...fields })).toEqual(EINVAL);
    expect(nestedOf(lab)).toEqual(before);
    expect(lab.vcpu.mode).toBe('guest');
  });

  test.each([
    ['L2 without a VMCS', { vmcs12: null }, null],
    ['a VMCS where the VMXON region is', { vmcs12: '0x1000' }, null],
    ['a VMCS that is not a page', { vmcs12: '0x2008' }, null],
  ])('once the old state is gone: %s', (_what, fields, vmcs12) => {
    const lab = startHypervisor();
    enterL2(lab);
    expect(lab.run({ ...IN_L2, ...fields })).toEqual(EINVAL);
    expect(nestedOf(lab)).toEqual({ vmxon: 0x1000, vmcs12, guestMode: false, mmu: 'root' });
  });

  test.each([
    ['controls', 'EPT_POINTER', '0x7'],
    ['host state', 'HOST_CR0', '0x0'],
    ['guest state', 'GUEST_CR4', '0x0'],
  ])('once the VMCS is current: its %s', (_what, field, value) => {
    const lab = startHypervisor();
    lab.run({ kind: 'vmwrite', field, value });
    expect(lab.run(IN_L2)).toEqual(EINVAL);
    expect(nestedOf(lab)).toEqual({ vmxon: 0x1000, vmcs12: 0x2000, guestMode: false, mmu: 'root' });
    expect(readData(lab)).toBe('0x10 allowed');
  });

  test('when L2 is half loaded: nested virtualization is off', () => {
    const lab = startHypervisor();
    lab.run({ kind: 'vmwrite', field: 'GUEST_CR3', value: hex(2 ** 50) });
    expect(lab.run(IN_L2)).toEqual(EINVAL);
    expect(nestedOf(lab)).toEqual({ vmxon: -1, vmcs12: null, guestMode: false, mmu: 'root' });
    expect(readData(lab)).toBe('0x10 allowed');
  });

  test('nested state for a guest without VMX', () => {
    const lab = createGuest({ cpuid: { vmx: false } });
    expect(lab.run({ ...SET, vmxon: '0x1000' })).toEqual(EINVAL);
    expect(lab.run(SET)).toEqual(OK);
  });
});

test('random runs whose nested state is put back leave no flaw, and break no rule', () => {
  const runs = fc.property(sound, (one) => {
    const { vm } = begin(one);
    for (const [nth, command] of one.commands.entries()) {
      const told = [apply(vm, command)];
      const vcpu = vm.vcpus[command.vcpu];
      if (nth % 7 !== 6 || vcpu === undefined) continue;
      const { vmxon, currentVmcs, guestMode } = vcpu.nested;
      told.push(apply(vm, { ...GET, vcpu: command.vcpu }));
      const restored = apply(vm, {
        ...{ ...SET, vcpu: command.vcpu, guestMode },
        vmxon: vmxon === -1 ? null : hex(vmxon),
        vmcs12: currentVmcs === null ? null : hex(currentVmcs.gpa),
      });
      told.push(restored);
      expect(flawsOf(vm)).toEqual([]);
      expect(told.filter((text) => text.includes('"kind":"violation"'))).toEqual([]);
    }
  });
  fc.assert(runs, { numRuns: 60, seed: 1 });
});
