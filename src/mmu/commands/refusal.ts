import { MEMORY_PAGES_MAX, type Word, wordToHex, wordToNumber } from '../machine/index.js';
import type { RequestName } from '../requests/index.js';
import { guestLevelsOf, tdpLevelsOf } from '../roots/index.js';
import {
  type Command,
  type CommandKind,
  type CommandOf,
  TLB_ENTRIES_MAX,
} from '../schema/index.js';
import type { Vcpu, Vm } from '../state/index.js';

/** VMCS regions that the vCPUs of one VM may touch. */
export const VMCS_REGIONS_MAX = 256;

/**
 * Why a vCPU cannot take a command in its present state; null if it can. Asked before anything
 * happens, so that a refused command changes nothing.
 */
export function refusalOf(vm: Vm, vcpu: Vcpu, command: Command): string | null {
  if (vcpu.nested.svm !== null && !IN_L2_OF_SVM.has(command.kind)) {
    return 'L2 of an SVM hypervisor makes accesses and exits alone';
  }
  switch (command.kind) {
    case 'vmrun':
      return vmrunFlawOf(vm, vcpu, command);
    case 'vmexit':
      return vcpu.nested.guestMode ? null : `vCPU ${vcpu.index} is not running L2`;
    case 'smi':
      return vcpu.smm === null
        ? null
        : `vCPU ${vcpu.index} is in system-management mode, and keeps no second SMI`;
    case 'make-request':
      return isKnown(vm, command.request)
        ? null
        : `kernel ${vm.rules.release} has no KVM_REQ_${command.request}`;
    case 'pv-flush':
      return pvFlushFlawOf(vm, vcpu, command.vcpus);
    case 'hv-flush':
      return vm.config.cpuid.hyperv ? null : 'CPUID does not offer the hypercalls of Hyper-V';
    case 'read':
    case 'write':
    case 'execute':
      return roomFlawOf(vm, vcpu);
    case 'get-dirty-log':
      return answerFlawOf(vm, command.slot);
    case 'vmclear':
    case 'vmptrld':
      return regionFlawOf(vm, vcpu, command.address);
    case 'get-nested-state':
      return nestedStateFlawOf(vm, vcpu);
    case 'set-nested-state':
      return (
        nestedStateFlawOf(vm, vcpu) ??
        (command.vmcs12 === null ? null : regionFlawOf(vm, vcpu, command.vmcs12))
      );
    case 'mov-cr0':
    case 'mov-cr3':
    case 'mov-cr4':
    case 'mov-from-cr3':
    case 'wrmsr-efer':
    case 'wrmsr-pkrs':
    case 'wrpkru':
    case 'invlpg':
    case 'invpcid':
    case 'invept':
    case 'invvpid':
    case 'vmxon':
    case 'vmxoff':
    case 'vmread':
    case 'vmwrite':
    case 'vmlaunch':
    case 'vmresume':
    case 'vmfunc':
    case 'load-root':
    case 'enter':
    case 'init':
    case 'rsm':
    case 'zap-all':
    case 'preempt':
    case 'set-memslot':
    case 'host-write':
    case 'dirty-log':
    case 'clear-dirty-log':
    case 'unmap':
    case 'map':
    case 'set-sregs':
    case 'set-cpuid':
    case 'free-roots':
    case 'reset-context':
      return null;
  }
}

/** Commands for an L2 that runs by VMRUN, besides those of the host that look at no register of it. */
const IN_L2_OF_SVM: ReadonlySet<CommandKind> = new Set([
  ...(['read', 'write', 'execute', 'vmexit', 'enter', 'make-request', 'zap-all'] as const),
  ...(['set-memslot', 'host-write', 'dirty-log', 'get-dirty-log', 'clear-dirty-log'] as const),
  ...(['unmap', 'map', 'free-roots', 'reset-context', 'set-cpuid'] as const),
]);

/** KVM shadows nested page tables by as many levels as the host pages with, and L1 may not have more. */
function vmrunFlawOf(
  { config }: Vm,
  { regs }: Vcpu,
  { nestedCr3 }: CommandOf<'vmrun'>,
): string | null {
  if (config.vendor !== 'svm' || nestedCr3 === undefined) return null;
  const levels = guestLevelsOf(regs);
  const tdp = tdpLevelsOf(config);
  if (levels <= tdp) return null;
  return `L1 pages with ${levels} levels, and the host with ${tdp}; give the host as many by "maxphyaddr"`;
}

function nestedStateFlawOf({ config }: Vm, { smm }: Vcpu): string | null {
  if (config.vendor !== 'vmx') return 'the nested state of an SVM hypervisor is not modelled';
  return smm === null ? null : 'the nested state in system-management mode is not modelled';
}

/**
 * A region is kept once it was touched: L1's memory does not forget. A VMCS that is active on two
 * processors is undefined by the architecture, and here it would have two owners.
 */
function regionFlawOf({ vmcs12s, vcpus }: Vm, vcpu: Vcpu, address: Word): string | null {
  const gpa = wordToNumber(address);
  const owner = vcpus.find(({ nested }) => nested.currentVmcs?.gpa === gpa);
  if (owner !== undefined && owner !== vcpu) {
    return `the VMCS at ${wordToHex(address)} is current on vCPU ${owner.index}`;
  }
  if (vmcs12s.size < VMCS_REGIONS_MAX || vmcs12s.has(gpa)) return null;
  return `${VMCS_REGIONS_MAX} VMCS regions are in use, which is the bound of a VM`;
}

/** The steal time of KVM is that of L1; it has a byte a vCPU. */
function pvFlushFlawOf({ vcpus }: Vm, { nested }: Vcpu, indices: readonly number[]): string | null {
  if (nested.guestMode) return 'L2 has the steal time that L1 gives it, and not that of KVM';
  const missing = indices.find((index) => vcpus[index] === undefined);
  if (missing !== undefined) return `no vCPU ${missing}`;
  return new Set(indices).size === indices.length ? null : 'a vCPU is named twice';
}

/** An access may touch two pages, and a walk of two dimensions some forty more. */
const PAGES_PER_ACCESS = 64;

/** Memory and an ideal TLB take only so much room, and do not forget to make some. */
function roomFlawOf({ memory }: Vm, { tlb, index }: Vcpu): string | null {
  if (memory.pages.size + PAGES_PER_ACCESS > MEMORY_PAGES_MAX) {
    return `the VM holds ${memory.pages.size} pages of memory, and may hold ${MEMORY_PAGES_MAX}`;
  }
  if (tlb === null || tlb.capacity !== Number.POSITIVE_INFINITY) return null;
  if (tlb.size + PAGES_PER_ACCESS <= TLB_ENTRIES_MAX) return null;
  return `the ideal TLB of vCPU ${index} holds ${tlb.size} entries, and may hold ${TLB_ENTRIES_MAX}; flush it, or bound it with "tlb"`;
}

/** Runs of dirty pages that one answer may hold. */
const DIRTY_RUNS_MAX = 65_536;

function answerFlawOf({ memory }: Vm, slot: number): string | null {
  const runs = memory.memslots[slot]?.dirty?.length ?? 0;
  if (runs <= DIRTY_RUNS_MAX) return null;
  return `memslot ${slot} has ${runs} runs of dirty pages, and an answer may hold ${DIRTY_RUNS_MAX}`;
}

/** Requests that came or went between the kernels. */
function isKnown({ rules }: Vm, request: RequestName): boolean {
  switch (request) {
    case 'MMU_RELOAD':
    case 'MMU_FREE_OBSOLETE_ROOTS':
      return rules.zapRequest === request;
    case 'HV_TLB_FLUSH':
      return rules.hasHvTlbFlush;
    case 'GET_NESTED_STATE_PAGES':
    case 'MMU_SYNC':
    case 'LOAD_MMU_PGD':
    case 'TLB_FLUSH':
    case 'TLB_FLUSH_CURRENT':
    case 'TLB_FLUSH_GUEST':
    case 'TRIPLE_FAULT':
    case 'STEAL_UPDATE':
      return true;
  }
}
