import { expect, test } from 'vitest';
import { step, type Vm } from '../../src/mmu/index.js';
import { runGuest } from '../../src/mmu/nested/index.js';
import { KVM_REQ, makeRequest } from '../../src/mmu/requests/index.js';
import { Command } from '../../src/mmu/schema/index.js';
import { around, withAlso } from '../../src/mmu/seam.js';
import { fixFault } from '../../src/mmu/shadow/index.js';
import { flushAll } from '../../src/mmu/vcpu/service-requests.js';
import { createLab } from './lab.js';
import { createGuest, DATA, hex } from './paged-guest.js';

const ENDLESS = { kind: 'error', errno: 'EINTR' };

test('requests that make each other have a signal end them', () => {
  const { vm, vcpu } = createLab();
  const endless: Vm = withAlso(
    vm,
    around(flushAll, (sound) => (one, of, emit, cause) => {
      sound(one, of, emit, cause);
      makeRequest(one, of, KVM_REQ.TLB_FLUSH, emit);
    }),
  );
  makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH, null);
  expect(runGuest(endless, vcpu, null)).toEqual(ENDLESS);
  expect(vcpu.mode).toBe('host');
  expect(runGuest(vm, vcpu, null)).toBe(null);
});

test.each(['shadow', 'ept'] as const)('so has a fault that comes again and again: %s', (paging) => {
  const { vm } = createGuest({ paging });
  const endless: Vm = withAlso(
    vm,
    around(fixFault, () => () => 'retry'),
  );
  const read = Command.parse({ kind: 'read', vcpu: 0, gva: hex(DATA) });
  expect(step(endless, read, null)).toEqual(ENDLESS);
  expect(step(vm, read, null)).toEqual({ kind: 'ok', value: { page: 0, low: 0x10 } });
});
