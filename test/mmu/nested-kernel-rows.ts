import { ROLE } from '../../src/mmu/index.js';
import type { KernelRules } from '../../src/mmu/kernel/index.js';
import { ENTER, ROOT_OF_4_LEVELS, type Row, ran } from './kernel-rows.js';
import { beginVmx, kindsOf, type Lab, slotsOf } from './lab.js';
import { createGuest, DATA, hex } from './paged-guest.js';

/** The VPIDs of the flushes that a command brought. */
function vpidsOf({ events }: Lab): (number | null)[] {
  return events.flatMap((event) => (event.kind === 'tlb-flushed' ? [event.vpid] : []));
}

const NEW_VPID = { kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x7' } as const;

/** Rules that show in VMX operation alone. */
export const NESTED_ROWS = {
  syncOnHitUnlessSkipped: {
    see(kernel) {
      const lab = beginVmx({ kernel }, '0x0');
      ran(lab, { kind: 'vmlaunch' }, { kind: 'vmexit' });
      return kindsOf(lab.events).slice(-4);
    },
    seen: {
      '5.13': [
        'root-reused',
        'request-made LOAD_MMU_PGD',
        'request-made MMU_SYNC',
        'request-made TLB_FLUSH',
      ],
      '5.14': [
        'root-allocated',
        'root-reused',
        'request-made LOAD_MMU_PGD',
        'request-made TLB_FLUSH_GUEST',
      ],
    },
  },
  cpuidAfterRun: {
    see(kernel) {
      return ran(createGuest({ kernel }), ENTER).run({ kind: 'set-cpuid', maxphyaddr: 40 });
    },
    seen: { '5.14': { kind: 'ok' }, '5.18.0': { kind: 'error', errno: 'EINVAL' } },
  },
  restoredPdptes: {
    see(kernel) {
      const lab = createGuest({ paging: 'shadow', kernel }, 'PAE');
      ran(lab, { kind: 'mov-cr4', value: '0x2020' }, { kind: 'vmxon', address: '0x1000' });
      ran(lab, { kind: 'vmptrld', address: '0x2000' }, { kind: 'vmlaunch' }, ENTER);
      ran(lab, { kind: 'vmexit' }, { kind: 'host-write', gpa: '0x100000', value: '0x7' });
      const state = { vmxon: '0x1000', vmcs12: '0x2000', guestMode: true } as const;
      return lab.run({ kind: 'set-nested-state', ...state });
    },
    seen: { '5.13': { kind: 'error', errno: 'EINVAL' }, '5.14': { kind: 'ok' } },
  },
  hasGmet: {
    see(kernel) {
      const registers = { efer: '0x1d00' };
      const lab = createGuest({ vendor: 'svm', paging: 'ept', kernel, registers });
      const range = { address: '0x0', gpa: '0x0', pages: 288, tables: '0x11b000' };
      lab.run({ kind: 'map', root: '0x11a000', ...range });
      lab.run({ kind: 'vmrun', nestedCr3: '0x11a000', gmet: true });
      return lab.run({ kind: 'execute', gva: hex(DATA) }).kind;
    },
    seen: { '6.12': 'ok', '7.3': 'vm-exit' },
  },
  hasModeBasedExec: {
    see(kernel) {
      const lab = beginVmx({ kernel, paging: 'ept' }, '0x400002');
      return lab.run({ kind: 'vmlaunch' });
    },
    seen: { '6.12': { kind: 'vm-fail', error: 7 }, '7.3': { kind: 'ok' } },
  },
  invvpidFrees: {
    see(kernel) {
      const lab = ran(beginVmx({ kernel }, '0x20'), { kind: 'vmlaunch' }, { kind: 'vmexit' });
      ran(lab, { kind: 'invvpid', type: 2, vpid: 0, gva: '0x0' });
      return slotsOf(lab.vcpu.rootMmu);
    },
    seen: { '5.13': '- - - -', '5.14': '100000 - - -' },
  },
  vmfuncUsesCache: {
    see(kernel) {
      const memory = { words: [{ gpa: '0x7000', value: '0x10205e' }] };
      const lab = beginVmx({ kernel, paging: 'ept', memory }, '0x2022');
      ran(lab, { kind: 'vmwrite', field: 'VM_FUNCTION_CONTROL', value: '0x1' });
      ran(lab, { kind: 'vmwrite', field: 'EPTP_LIST_ADDRESS', value: '0x7000' });
      ran(lab, { kind: 'vmlaunch' }, ENTER, { kind: 'vmfunc', index: 0 });
      return [kindsOf(lab.events), lab.vcpu.guestMmu.role];
    },
    // A/D is on in the EPTP of the list, so the role's `ad_disabled` is clear.
    seen: {
      '5.13': [['request-made MMU_RELOAD'], ROOT_OF_4_LEVELS | ROLE.GUEST_MODE],
      '5.14': [['root-missed'], ROOT_OF_4_LEVELS | ROLE.GUEST_MODE],
    },
  },
  transitionWithoutVpid: {
    see(kernel) {
      const lab = ran(beginVmx({ kernel }, '0x0'), { kind: 'vmlaunch' }, { kind: 'vmexit' });
      return kindsOf(lab.events).at(-1);
    },
    seen: { '5.13': 'request-made TLB_FLUSH', '5.14': 'request-made TLB_FLUSH_GUEST' },
  },
  newVpid12: {
    see(kernel) {
      const lab = ran(beginVmx({ kernel }, '0x20'), { kind: 'vmlaunch' }, { kind: 'vmexit' });
      ran(lab, NEW_VPID, { kind: 'vmresume' });
      return [vpidsOf(lab).slice(-1), kindsOf(lab.events).includes('request-made TLB_FLUSH_GUEST')];
    },
    // L1 is entered by the instruction, which loads nothing: the one flush is that of vpid02.
    seen: { '5.14': [[2], false], '6.1': [[], true] },
  },
  transitionServices: {
    see(kernel) {
      const lab = ran(beginVmx({ kernel }, '0x20'), { kind: 'vmlaunch' }, ENTER);
      ran(lab, { kind: 'make-request', request: 'TLB_FLUSH_GUEST' });
      lab.vcpu.mode = 'guest';
      return kindsOf(ran(lab, { kind: 'vmexit' }).events)[0];
    },
    seen: { '5.14': 'root-reused', '6.1': 'request-serviced TLB_FLUSH_GUEST' },
  },
  failedEntryFlushes: {
    see(kernel) {
      const lab = ran(beginVmx({ kernel }, '0x20'), { kind: 'vmlaunch' }, ENTER, {
        kind: 'vmexit',
      });
      ran(lab, { kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x7' });
      ran(lab, { kind: 'vmwrite', field: 'GUEST_CR3', value: '0x400000000000' });
      return kindsOf(ran(lab, { kind: 'vmresume' }).events).includes(
        'request-serviced TLB_FLUSH_GUEST',
      );
    },
    seen: { '6.1.176': false, '6.1': true, '6.12': false, '6.12.118': true, '7.3': true },
  },
  nestedEvents: {
    see(kernel) {
      const lab = ran(beginVmx({ kernel }, '0x20'), { kind: 'vmlaunch' }, ENTER);
      ran(lab, { kind: 'make-request', request: 'MMU_SYNC' });
      return kindsOf(ran(lab, { kind: 'vmexit', synthesized: true }).events)[0];
    },
    seen: { '5.14': 'root-reused', '6.1': 'request-serviced MMU_SYNC' },
  },
  l2Vpid: {
    see(kernel) {
      const lab = ran(beginVmx({ kernel }, '0x0'), { kind: 'vmlaunch' }, ENTER);
      return (['TLB_FLUSH_GUEST', 'TLB_FLUSH_CURRENT'] as const).map((request) =>
        vpidsOf(ran(lab, { kind: 'make-request', request }, ENTER)),
      );
    },
    seen: { '5.14': [[1], [2]], '5.18.0': [[2], [2]], '6.1.176': [[1], [1]], '7.3': [[1], [1]] },
  },
} satisfies Partial<Record<keyof KernelRules, Row>>;
