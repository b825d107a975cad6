import { type KernelName, ROLE } from '../../src/mmu/index.js';
import type { KernelRules } from '../../src/mmu/kernel/index.js';
import { writeWord } from '../../src/mmu/machine/index.js';
import { KVM_REQ, requestNamesOf } from '../../src/mmu/requests/index.js';
import { invalidatePcid } from '../../src/mmu/roots/index.js';
import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import { createLab, kindsOf, type Lab, type LabCommand, slotsOf } from './lab.js';

/** What a kernel does where a rule decides it, for two kernels at least that differ. */
export interface Row {
  see(kernel: KernelName): unknown;
  readonly seen: Partial<Record<KernelName, unknown>>;
}

/** Runs commands one after the other; events of the last one are left. */
export function ran(lab: Lab, ...commands: readonly LabCommand[]): Lab {
  for (const command of commands) lab.run(command);
  return lab;
}

export const ENTER: LabCommand = { kind: 'enter' };
const loadRoot = (pgd: string): LabCommand => ({ kind: 'load-root', pgd });
const movCr3 = (value: string): LabCommand => ({ kind: 'mov-cr3', value });

/** Role of a root that shadows 4-level tables: its level, and every right. */
export const ROOT_OF_4_LEVELS = 4 | ROLE.ACC_ALL;

/** PAE paging, 32-bit, whose four PDPTEs lie at 0. */
const PAE: VmConfigInput = { registers: { cr4: '0x20', efer: '0x0' } };

/** Rules that show without an L1 hypervisor. */
export const ROWS = {
  initFlushesGuest: {
    see: (kernel) => requestNamesOf(ran(createLab({ kernel }), { kind: 'init' }).vcpu.requests),
    seen: { '5.14': [], '6.1': ['TLB_FLUSH_GUEST'] },
  },
  pgdSwitch: {
    see(kernel) {
      const lab = createLab({ kernel });
      for (const pgd of ['0x1000', '0x2000', '0x3000', '0x4000']) ran(lab, loadRoot(pgd), ENTER);
      return slotsOf(ran(lab, loadRoot('0x5000'), loadRoot('0x6000')).vcpu.rootMmu);
    },
    seen: { '5.14': '- - 4000 3000', '6.1': '- 4000 3000 2000' },
  },
  wantsBaseRole: {
    see(kernel) {
      const registers = { cr0: '0x80000033', cr4: '0x1000a0' };
      return kindsOf(ran(createLab({ kernel, registers }), ENTER, loadRoot('0x0')).events);
    },
    seen: {
      '5.14': ['root-missed'],
      '6.1': ['root-reused', 'request-made LOAD_MMU_PGD'],
    },
  },
  roleBits: {
    see(kernel) {
      const registers = { cr0: '0x80000033', cr4: '0x1000a0' };
      return createLab({ kernel, registers }).vcpu.rootMmu.role;
    },
    // CR4.SMEP without CR0.WP: v5.14 and v6.1 tell of the pair, v7.3 of CR4.SMEP by itself. The
    // guest has no EFER.NX, which the later kernels take as set: their shadow pages always use it.
    seen: {
      '5.14': ROOT_OF_4_LEVELS | ROLE.SMEP_ANDNOT_WP,
      '6.1': ROOT_OF_4_LEVELS | ROLE.EFER_NX | ROLE.SMEP_ANDNOT_WP,
      '7.3': ROOT_OF_4_LEVELS | ROLE.EFER_NX | ROLE.CR4_SMEP,
    },
  },
  roleTells: {
    see(kernel) {
      const registers = { cr0: '0x80010033', efer: '0x500' };
      return createLab({ kernel, registers }).vcpu.rootMmu.role;
    },
    seen: {
      '5.14': ROOT_OF_4_LEVELS | ROLE.CR0_WP,
      '6.1': ROOT_OF_4_LEVELS | ROLE.CR0_WP | ROLE.EFER_NX,
    },
  },
  syncOfActivePcid: {
    see(kernel) {
      const lab = ran(createLab({ kernel }), { kind: 'invpcid', type: 1, pcid: 0, gva: '0x0' });
      return lab.events.map(({ kind }) => kind).slice(-2);
    },
    seen: {
      '5.13': ['root-synced', 'request-made'],
      '5.14': ['request-made', 'request-made'],
    },
  },
  movCr3ReachesCachedRoots: {
    see(kernel) {
      const lab = createLab({ kernel, policy: 'mainline-5.14', registers: { cr4: '0x200a0' } });
      ran(lab, movCr3('0x8000000000101001'), ENTER, movCr3('0x102001'));
      return slotsOf(lab.vcpu.rootMmu);
    },
    seen: { '5.13': '- 101001 0 -', '5.14': '- - 0 -' },
  },
  tdpPcidFlushesGuest: {
    see(kernel) {
      const lab = createLab({ kernel, paging: 'ept' });
      const { vm, vcpu, events } = lab;
      // With TDP only the emulator comes here: the processor does it alone.
      invalidatePcid(vm, vcpu, { pcid: 0, by: 'mov-cr3' }, (_, event) => events.push(event));
      return kindsOf(events);
    },
    seen: {
      '5.14': ['request-made MMU_SYNC', 'request-made TLB_FLUSH_CURRENT'],
      '6.1': ['request-made TLB_FLUSH_GUEST'],
    },
  },
  invpcidAll: {
    see(kernel) {
      const lab = createLab({ kernel, policy: 'mainline-5.14' });
      return kindsOf(ran(lab, { kind: 'invpcid', type: 2, pcid: 0, gva: '0x0' }).events).slice(-1);
    },
    seen: { '5.13': ['request-made MMU_RELOAD'], '5.14': ['request-made TLB_FLUSH_GUEST'] },
  },
  invpcidTypeFirst: {
    see: (kernel) =>
      createLab({ kernel }).run({
        kind: 'invpcid',
        type: 4,
        pcid: 0,
        gva: '0x0',
        operand: { gva: '0x1000' },
      }),
    seen: {
      '5.14': { kind: 'fault', vector: '#GP', errorCode: 0 },
      '6.1': { kind: 'fault', vector: '#PF', errorCode: 0, address: { page: 1, low: 0 } },
    },
  },
  zapRequest: {
    see: (kernel) => kindsOf(ran(createLab({ kernel }), { kind: 'zap-all' }).events),
    seen: {
      '5.14': ['request-made MMU_RELOAD'],
      '6.1': ['request-made MMU_FREE_OBSOLETE_ROOTS'],
    },
  },
  reloadFreesObsolete: {
    see(kernel) {
      const lab = createLab({ kernel });
      ran(lab, { kind: 'make-request', request: 'MMU_SYNC' });
      // Another vCPU zaps a root while this one services its requests.
      const { events } = lab;
      const push = events.push.bind(events);
      events.push = (event) => {
        if (event.kind === 'request-serviced' && event.request === 'MMU_SYNC') {
          lab.vcpu.requests |= KVM_REQ.MMU_FREE_OBSOLETE_ROOTS;
        }
        return push(event);
      };
      return kindsOf(ran(lab, ENTER).events).slice(1);
    },
    seen: {
      '6.12': ['root-allocated', 'request-serviced MMU_FREE_OBSOLETE_ROOTS'],
      '7.3': ['request-serviced MMU_FREE_OBSOLETE_ROOTS', 'root-allocated'],
    },
  },
  cr4RoleHasLa57: {
    see(kernel) {
      const registers = { cr0: '0x11', cr4: '0x0', efer: '0x0' };
      const lab = createLab({ kernel, registers, cpuid: { la57: true } });
      return kindsOf(ran(lab, ENTER, { kind: 'mov-cr4', value: '0x1000' }).events);
    },
    seen: { '5.13': [], '5.14': ['root-freed'] },
  },
  cr4FlushAfterReset: {
    see: (kernel) =>
      kindsOf(ran(createLab({ kernel }), ENTER, { kind: 'mov-cr4', value: '0x1000a0' }).events),
    seen: { '5.14': ['root-freed'], '6.1': ['root-freed', 'request-made TLB_FLUSH_CURRENT'] },
  },
  wpChange: {
    see(kernel) {
      const withTdp = createLab({ kernel, paging: 'ept' });
      ran(withTdp, ENTER, { kind: 'mov-cr0', value: '0x80000033' });
      const unpaged = createLab({ kernel, registers: { cr0: '0x11', cr4: '0x0', efer: '0x0' } });
      ran(unpaged, ENTER, { kind: 'mov-cr0', value: '0x10011' });
      return [withTdp, unpaged].map(({ events }) => kindsOf(events));
    },
    seen: {
      '5.14': [['root-freed'], ['root-freed']],
      '6.1': [[], ['root-freed']],
      '6.12': [[], []],
    },
  },
  pgOffFlushesGuest: {
    see(kernel) {
      const lab = createLab({ kernel, registers: { cr4: '0x0', efer: '0x0' } });
      return kindsOf(ran(lab, ENTER, { kind: 'mov-cr0', value: '0x10033' }).events);
    },
    seen: { '5.14': ['root-freed'], '6.1': ['request-made TLB_FLUSH_GUEST', 'root-freed'] },
  },
  eferLmeResets: {
    see(kernel) {
      const lab = createLab({ kernel, registers: { cr0: '0x11', cr4: '0x0', efer: '0x0' } });
      return kindsOf(ran(lab, ENTER, { kind: 'wrmsr-efer', value: '0x100' }).events);
    },
    seen: { '5.14': [], '6.1': ['root-freed'] },
  },
  changedPdptes: {
    see(kernel) {
      const lab = ran(createLab({ kernel, ...PAE }), ENTER);
      writeWord(lab.vm.memory, 0, { page: 5, low: 1 });
      ran(lab, movCr3('0x0'));
      return kindsOf(lab.events).filter((kind) => kind.startsWith('root-'));
    },
    seen: { '5.13': ['root-freed', 'root-missed'], '5.14': [], '6.1': ['root-freed'] },
  },
  pdptrLoadRequestsPgd: {
    see: (kernel) => kindsOf(ran(createLab({ kernel, ...PAE }), ENTER, movCr3('0x0')).events)[0],
    seen: { '5.14': 'request-made MMU_SYNC', '6.1': 'request-made LOAD_MMU_PGD' },
  },
  invisibleRoot: {
    see(kernel) {
      const memory = { memslots: [{ gpa: '0x0', bytes: 4096 }] };
      const lab = ran(createLab({ kernel, memory }), loadRoot('0x1000'));
      return [lab.run(ENTER), slotsOf(lab.vcpu.rootMmu)];
    },
    seen: { '6.1': [{ kind: 'shutdown' }, '- - - -'], '6.12': [{ kind: 'ok' }, '0 - - -'] },
  },
  hasLam: {
    see(kernel) {
      const lab = createLab({ kernel, cpuid: { lam: true } });
      const cr3 = lab.run(movCr3('0x2000000000000000'));
      return [cr3.kind, lab.run({ kind: 'mov-cr4', value: '0x100000a0' }).kind];
    },
    seen: { '6.1': ['fault', 'fault'], '6.12': ['ok', 'ok'] },
  },
  sregsFlushesGuest: {
    see: (kernel) =>
      kindsOf(ran(createLab({ kernel }), { kind: 'set-sregs', cr3: '0x1000' }).events),
    seen: { '6.1': [], '6.12': ['request-made TLB_FLUSH_GUEST'] },
  },
  sregsChecksEfer: {
    see: (kernel) =>
      createLab({ kernel, cpuid: { nx: false } }).run({ kind: 'set-sregs', efer: '0xd00' }),
    seen: {
      '6.12': { kind: 'ok' },
      '6.12.118': { kind: 'error', errno: 'EINVAL' },
      '6.1': { kind: 'error', errno: 'EINVAL' },
    },
  },
  obsoleteRootsBy: {
    see(kernel) {
      const lab = ran(createLab({ kernel }), loadRoot('0x1000'), ENTER, loadRoot('0x2000'), ENTER);
      ran(lab, { kind: 'zap-all' });
      ran(lab, loadRoot('0x3000'), { kind: 'make-request', request: 'MMU_FREE_OBSOLETE_ROOTS' });
      return slotsOf(ran(lab, ENTER).vcpu.rootMmu);
    },
    // The root that is new lets the old ones stay in v5.18.
    seen: { '5.18.0': '3000 2000 1000 -', '6.1': '3000 - - -' },
  },
  hasHvTlbFlush: {
    see(kernel) {
      const request = { kind: 'make-request', request: 'HV_TLB_FLUSH' } as const;
      try {
        return createLab({ kernel }).run(request).kind;
      } catch (error) {
        return String(error);
      }
    },
    seen: {
      '6.1':
        'CommandRefused: Cannot run "make-request": kernel 6.1.190 has no KVM_REQ_HV_TLB_FLUSH',
      '6.12': 'ok',
    },
  },
} satisfies Partial<Record<keyof KernelRules, Row>>;
