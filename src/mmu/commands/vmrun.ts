import { offeredFeatures } from '../kernel/index.js';
import {
  EFER_SVME,
  flagsIn,
  isPaePaging,
  isPaging,
  PAGE_SIZE,
  type Registers,
  type Sregs,
  sregsFlawsOf,
  type Word,
  wordFromNumber,
  ZERO,
} from '../machine/index.js';
import { enterL2OfSvm, SVM_EXIT_ERR, SVM_EXIT_VMRUN } from '../nested/index.js';
import { leaveGuest } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { fault, raise } from '../vcpu/index.js';

/**
 * L1 executed VMRUN; what its VMCB holds comes with the command. One that is not valid is an exit at
 * once, with no code that an exit has. A bit of the VMCB that KVM does not know is ignored.
 *
 * @see AMD APM Vol. 2, "VMRUN Instruction", "Canonicalization and Consistency Checks"
 * @see Linux `nested_svm_vmrun()`, `__nested_vmcb_check_controls()`, arch/x86/kvm/svm/nested.c
 */
export function vmrun(vm: Vm, vcpu: Vcpu, command: CommandOf<'vmrun'>, emit: Emit): Outcome {
  const { regs } = vcpu;
  if (vm.config.vendor !== 'svm' || (regs.efer & EFER_SVME) === 0) return fault('#UD');
  if (regs.cpl > 0) return fault('#GP');
  const exit = { reason: SVM_EXIT_VMRUN, name: 'OTHER', qualification: ZERO } as const;
  leaveGuest(vcpu, exit, emit);
  if (!isPaging(regs)) return raise(vcpu, fault('#UD'), emit);
  const { nestedCr3, asid, cpl } = command;
  const gmet = command.gmet && vm.rules.hasGmet;
  const sregs: Sregs = {
    cr0: command.cr0 ?? wordFromNumber(regs.cr0),
    cr3: command.cr3 ?? regs.cr3,
    cr4: command.cr4 ?? wordFromNumber(regs.cr4),
    efer: command.efer ?? wordFromNumber(regs.efer),
  };
  const areControlsValid = nestedCr3 === undefined || isNestedCr3Valid(vm, regs, nestedCr3);
  if (asid === 0 || !areControlsValid || !isSaveValid(vm, sregs)) {
    return { kind: 'vm-exit', reason: SVM_EXIT_ERR, qualification: ZERO };
  }
  const save = {
    cr0: flagsIn(sregs.cr0),
    cr3: sregs.cr3,
    cr4: flagsIn(sregs.cr4),
    efer: flagsIn(sregs.efer),
    cpl,
  };
  const paging = nestedCr3 === undefined ? null : { nestedCr3, gmet };
  return enterL2OfSvm(vm, vcpu, { paging, save }, emit);
}

/** Under PAE paging of L1 the four PDPTEs may lie anywhere in a page. */
function isNestedCr3Valid({ config }: Vm, l1: Registers, { page, low }: Word): boolean {
  const isAligned = low % (isPaePaging(l1) ? 32 : PAGE_SIZE) === 0;
  return config.paging === 'ept' && isAligned && page < 2 ** (config.maxphyaddr - 12);
}

/** @see Linux `__nested_vmcb_check_save()`, arch/x86/kvm/svm/nested.c */
function isSaveValid(vm: Vm, sregs: Sregs): boolean {
  const limits = {
    maxphyaddr: vm.config.maxphyaddr,
    cpuid: offeredFeatures(vm.config),
    checksEfer: true,
  };
  return (flagsIn(sregs.efer) & EFER_SVME) !== 0 && sregsFlawsOf(sregs, limits).length === 0;
}
