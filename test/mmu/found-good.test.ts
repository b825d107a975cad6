import { expect, test } from 'vitest';
import type { Lab } from './lab.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';

/** A hypervisor in L1 whose VMCS was found good twice. */
function resumed(kernel: '5.14' | '6.1' = '6.1'): Lab {
  const lab = startHypervisor({ kernel }, '0x22');
  enterL2(lab);
  lab.run({ kind: 'vmexit', reason: 18 });
  expect(lab.run({ kind: 'vmresume' })).toEqual({ kind: 'ok' });
  lab.run({ kind: 'vmexit', reason: 18 });
  expect(lab.vcpu.nested.currentVmcs?.foundGoodBy).toBe(lab.vm.config);
  return lab;
}

const INVALID_GUEST = { kind: 'vm-exit', reason: 2 ** 31 + 33 };

test.each<[string, string, object]>([
  ['PIN_BASED_VM_EXEC_CONTROL', '0x0', { kind: 'vm-fail', error: 7 }],
  ['EPT_POINTER', '0x7', { kind: 'vm-fail', error: 7 }],
  ['HOST_CR3', '0xfff0000000000000', { kind: 'vm-fail', error: 8 }],
  ['HOST_FS_SELECTOR', '0x7', { kind: 'vm-fail', error: 8 }],
  ['GUEST_CR4', '0x0', INVALID_GUEST],
  ['GUEST_RFLAGS', '0x0', INVALID_GUEST],
  ['GUEST_CR3', '0xfff0000000000000', INVALID_GUEST],
  ['VMCS_LINK_POINTER', '0x1', INVALID_GUEST],
])('a VMCS that was found good is checked again once %s has changed', (field, value, outcome) => {
  const lab = resumed();
  lab.run({ kind: 'vmwrite', field, value });
  expect(lab.run({ kind: 'vmresume' })).toMatchObject(outcome);
  expect(lab.run({ kind: 'vmresume' })).toMatchObject(outcome);
});

test('another CPUID has it checked again', () => {
  const lab = resumed('5.14');
  lab.run({ kind: 'set-cpuid', cpuid: { invpcid: false } });
  expect(lab.run({ kind: 'vmresume' })).toEqual({ kind: 'ok' });
  lab.run({ kind: 'vmexit', reason: 18 });
  lab.run({ kind: 'set-cpuid', cpuid: { smep: false, la57: true } });
  lab.run({ kind: 'vmwrite', field: 'GUEST_CR4', value: '0x1020a0' });
  expect(lab.run({ kind: 'vmresume' })).toMatchObject(INVALID_GUEST);
  lab.run({ kind: 'set-cpuid' });
  expect(lab.run({ kind: 'vmresume' })).toEqual({ kind: 'ok' });
  lab.run({ kind: 'vmexit', reason: 18 });
  lab.run({ kind: 'set-cpuid', cpuid: { smep: false } });
  expect(lab.run({ kind: 'vmresume' })).toMatchObject(INVALID_GUEST);
});

test('checks that look at memory are never taken as made', () => {
  const lab = resumed();
  lab.run({ kind: 'vmwrite', field: 'VMCS_LINK_POINTER', value: '0x3000' });
  lab.run({ kind: 'host-write', gpa: '0x3000', value: '0x11e57ed0' });
  const first = lab.run({ kind: 'vmresume' });
  if (first.kind === 'ok') lab.run({ kind: 'vmexit', reason: 18 });
  expect(lab.vcpu.nested.currentVmcs?.foundGoodBy).toBe(null);
  lab.run({ kind: 'host-write', gpa: '0x3000', value: '0x1' });
  expect(lab.run({ kind: 'vmresume' })).toMatchObject(INVALID_GUEST);
});
