import { type Word, wordToNumber } from '../machine/index.js';
import type { RequestName } from '../requests/index.js';
import type { Command } from '../schema/index.js';
import type { Vcpu, Vm } from '../state/index.js';

/** VMCS regions that the vCPUs of one VM may touch. */
export const VMCS_REGIONS_MAX = 256;

/**
 * Why a vCPU cannot take a command in its present state; null if it can. Asked before anything
 * happens, so that a refused command changes nothing.
 */
export function refusalOf(vm: Vm, vcpu: Vcpu, command: Command): string | null {
  switch (command.kind) {
    case 'vmexit':
      return vcpu.nested.guestMode ? null : `vCPU ${vcpu.index} is not running L2`;
    case 'make-request':
      return isKnown(vm, command.request)
        ? null
        : `kernel ${vm.rules.version} has no KVM_REQ_${command.request}`;
    case 'invpcid':
    case 'invept':
    case 'invvpid':
      return command.operand !== null && vcpu.mmu.name === 'guest'
        ? 'the operand of an L2 on EPT cannot be walked yet'
        : null;
    case 'vmclear':
    case 'vmptrld':
      return isRegionToSpare(vm, command.address)
        ? null
        : `${VMCS_REGIONS_MAX} VMCS regions are in use, which is the bound of a VM`;
    case 'mov-cr0':
    case 'mov-cr3':
    case 'mov-cr4':
    case 'mov-from-cr3':
    case 'wrmsr-efer':
    case 'invlpg':
    case 'vmxon':
    case 'vmxoff':
    case 'vmwrite':
    case 'vmlaunch':
    case 'vmresume':
    case 'vmfunc':
    case 'load-root':
    case 'enter':
    case 'zap-all':
    case 'set-sregs':
    case 'free-roots':
    case 'reset-context':
      return null;
  }
}

/** A region is kept once it was touched: L1's memory does not forget. */
function isRegionToSpare({ vmcs12s }: Vm, address: Word): boolean {
  return vmcs12s.size < VMCS_REGIONS_MAX || vmcs12s.has(wordToNumber(address));
}

/** Requests that came or went between the kernels. */
function isKnown({ rules }: Vm, request: RequestName): boolean {
  switch (request) {
    case 'MMU_RELOAD':
    case 'MMU_FREE_OBSOLETE_ROOTS':
      return rules.zapRequest === request;
    case 'HV_TLB_FLUSH':
      return rules.hasHvTlbFlush;
    case 'MMU_SYNC':
    case 'LOAD_MMU_PGD':
    case 'TLB_FLUSH':
    case 'TLB_FLUSH_CURRENT':
    case 'TLB_FLUSH_GUEST':
    case 'TRIPLE_FAULT':
      return true;
  }
}
