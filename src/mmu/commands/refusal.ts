import type { RequestName } from '../requests/index.js';
import type { Command } from '../schema/index.js';
import type { Vcpu, Vm } from '../state/index.js';

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
    case 'mov-cr0':
    case 'mov-cr3':
    case 'mov-cr4':
    case 'mov-from-cr3':
    case 'wrmsr-efer':
    case 'invlpg':
    case 'vmxon':
    case 'vmxoff':
    case 'vmclear':
    case 'vmptrld':
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
