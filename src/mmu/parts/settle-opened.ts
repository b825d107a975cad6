import {
  clearCounters,
  dropGoneRoots,
  type Futures,
  settleMemories,
  settleNamedPages,
  settlePages,
  settleSlots,
  settleTlb,
} from '../canonical/index.js';
import type { OpenedVm } from './opened-vm.js';

/**
 * Does for a VM that was settled before it was opened what `settle()` does, and asks for no more
 * parts than that takes: a part that was not asked for is as it was.
 *
 * @throws {OracleForgot} If the oracle has forgotten anything: its bounds were met.
 */
export function settleOpened(opened: OpenedVm, futures: Futures): void {
  const { vm, vcpus } = opened;
  if (opened.shadow !== null || vcpus.some((vcpu) => vcpu.hasOtherRoots)) settleNames(opened);
  for (const { core, mmus, tlb } of vcpus) {
    if (core !== null) clearCounters(core);
    for (const mmu of mmus) settleSlots(mmu);
    if (tlb !== null) settleTlb(tlb);
  }
  opened.isNoting = false;
  settleMemories(vm, futures);
}

function settleNames(opened: OpenedVm): void {
  const { vm, vcpus } = opened;
  // Pages that were zapped are named by the slots that hold them.
  void vm.shadow;
  const mmus = vcpus.flatMap((vcpu) => vcpu.mmus);
  if (!settleNamedPages(vm, opened.firstPages, mmus)) {
    opened.openAll();
    settlePages(vm);
    return;
  }
  for (const [i, { tlb }] of vcpus.entries()) {
    const vcpu = tlb?.contexts.some(({ root }) => root !== 0) && vm.vcpus[i];
    if (vcpu) dropGoneRoots(vm, vcpu);
  }
}
