import { describe, expect, test } from 'vitest';
import { decodeVm, differencesOf, encodeVm } from '../../src/mmu/index.js';
import type { KernelName } from '../../src/mmu/schema/index.js';
import { kindsOf, type Lab, slotsOf } from './lab.js';
import { createGuest, DATA, frameAt, hex, PT } from './paged-guest.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';

const OK = { kind: 'ok' };
const EINVAL = { kind: 'error', errno: 'EINVAL' };
const NARROW = { kind: 'set-cpuid', maxphyaddr: 36 } as const;

function ran(kernel: KernelName): Lab {
  const lab = createGuest({ kernel, vcpus: 2 });
  expect(frameAt(lab, DATA)).toBe(0x10);
  return lab;
}

describe('CPUID after the guest ran', () => {
  test.each<KernelName>(['5.13', '5.14'])('is taken by %s, and every root goes', (kernel) => {
    const lab = ran(kernel);
    expect(lab.run(NARROW)).toEqual(OK);
    expect(kindsOf(lab.events)).toEqual(['root-freed']);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('- - - -');
    expect(lab.vm.config.maxphyaddr).toBe(36);
    lab.run({ kind: 'host-write', gpa: hex(PT), value: '0x1000010067' });
    // The shadow of the table is found again as it was: KVM warns of just this.
    expect(frameAt(lab, DATA)).toBe(0x10);
    lab.run({ kind: 'zap-all' });
    expect(frameAt(lab, DATA)).toMatchObject({ kind: 'fault', errorCode: 9 });
  });

  test.each<KernelName>(['5.18.0', '6.1', '6.12', '7.3'])('%s takes the same alone', (kernel) => {
    const lab = ran(kernel);
    const { config } = lab.vm;
    expect(lab.run(NARROW)).toEqual(EINVAL);
    expect(lab.run({ kind: 'set-cpuid', cpuid: { smep: false } })).toEqual(EINVAL);
    expect(lab.run({ kind: 'set-cpuid' })).toEqual(OK);
    expect(lab.events).toEqual([]);
    expect(lab.vm.config).toBe(config);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('100000 - - -');
  });

  test('is refused for every vCPU once one has run, an L2 that runs included', () => {
    const lab = ran('6.1');
    expect(lab.run({ ...NARROW, vcpu: 1 })).toEqual(EINVAL);
    const nested = startHypervisor({ kernel: '6.1' }, '0x22');
    enterL2(nested);
    expect(nested.run(NARROW)).toEqual(EINVAL);
    expect(nested.vcpu.nested.guestMode).toBe(true);
  });
});

test('CPUID may change before the first run, and belongs to the state from then on', () => {
  const lab = createGuest({ kernel: '7.3' });
  const { initial } = lab.vm;
  expect(lab.run({ ...NARROW, cpuid: { invpcid: false } })).toEqual(OK);
  expect(lab.vm.initial).toBe(initial);
  const again = decodeVm(initial, encodeVm(lab.vm).bytes);
  expect(again.config).toEqual(lab.vm.config);
  expect(encodeVm(again).bytes).toEqual(encodeVm(lab.vm).bytes);
  const before = createGuest({ kernel: '7.3' }).vm;
  const paths = [...differencesOf(before, lab.vm)].flatMap((one) =>
    one === null ? [] : [one.path],
  );
  expect(paths).toContain('/config/maxphyaddr');
  expect(paths).toContain('/config/cpuid/invpcid');
  const invpcid = { kind: 'invpcid', type: 2, pcid: 0, gva: '0x0' } as const;
  expect(lab.run(invpcid)).toMatchObject({ kind: 'fault', vector: '#UD' });
});
