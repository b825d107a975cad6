import {
  gpaToGfn,
  isReadOnlyGfn,
  isVisibleGfn,
  markPageDirty,
  offsetInPage,
  SECONDARY_EXEC_ENABLE_PML,
  VMCS,
  wordFromNumber,
  wordToNumber,
  writeWord,
} from '../machine/index.js';
import { keepPast } from '../oracle/index.js';
import {
  fieldOf,
  flagsOf,
  hasSecondaryControl,
  setField,
  type Vcpu,
  type Vm,
  type Vmcs12,
} from '../state/index.js';

/** Entries of a log, which fills one page. @see Linux `PML_LOG_NR_ENTRIES` */
const PML_LOG_NR_ENTRIES = 512;

/**
 * Logs a page of L2 for L1, because D is about to be set in the leaf of L1's EPT that maps it. The log
 * is filled from its end; its index then wraps below 0. KVM writes it as it writes guest memory, and
 * loses the entry if that lies in no memslot.
 *
 * @param gpa Guest-physical address of L2.
 * @returns False if the log is full: L1 is to be told, and D stays clear.
 * @see Intel SDM Vol. 3C, "Page-Modification Logging"
 * @see Linux `nested_vmx_write_pml_buffer()`, arch/x86/kvm/vmx/nested.c
 */
export function logModifiedPage(vm: Vm, { nested }: Vcpu, gpa: number): boolean {
  const vmcs12 = nested.currentVmcs as Vmcs12;
  if (!hasSecondaryControl(vmcs12, SECONDARY_EXEC_ENABLE_PML)) return true;
  const index = flagsOf(vmcs12, VMCS.GUEST_PML_INDEX);
  if (index >= PML_LOG_NR_ENTRIES) return false;
  const place = wordToNumber(fieldOf(vmcs12, VMCS.PML_ADDRESS)) + index * 8;
  const gfn = gpaToGfn(place);
  if (!isVisibleGfn(vm.memory, gfn) || isReadOnlyGfn(vm.memory, gfn)) return true;
  keepPast(vm, { gpa: place, bytes: 8 });
  writeWord(vm.memory, place, wordFromNumber(gpa - offsetInPage(gpa)));
  markPageDirty(vm.memory, gfn);
  setField(vmcs12, VMCS.GUEST_PML_INDEX, wordFromNumber((index - 1) & 0xffff));
  return true;
}
