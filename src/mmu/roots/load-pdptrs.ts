import { arePdptesSame, arePdptesValid, readPdptes, type Word } from '../machine/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { freeRoots, ROOT_CURRENT } from './free-roots.js';

/**
 * KVM loads the four PDPTEs to which a CR3 points. A PAE root is built from them, so where they
 * changed under shadow paging it has to be built anew.
 *
 * @returns False if one of them may not be loaded, or none can be read; nothing has changed then.
 * @see Linux `load_pdptrs()`, arch/x86/kvm/x86.c
 */
export function loadPdptrs(vm: Vm, vcpu: Vcpu, cr3: Word, emit: Emit): boolean {
  const { regs, rootMmu } = vcpu;
  const pdptes = readPdptes(vm.memory, cr3);
  if (pdptes === null || !arePdptesValid(pdptes, vm.config.maxphyaddr)) return false;
  const freesRoot = vm.rules.changedPdptes === 'free-root' && vm.config.paging === 'shadow';
  if (freesRoot && !arePdptesSame(pdptes, regs.pdptrs)) {
    freeRoots(vm, vcpu, rootMmu, { roots: ROOT_CURRENT, cause: 'pdptes-changed' }, emit);
  }
  regs.pdptrs = pdptes;
  if (vm.rules.pdptrLoadRequestsPgd) makeRequest(vm, vcpu, KVM_REQ.LOAD_MMU_PGD, emit);
  return true;
}
