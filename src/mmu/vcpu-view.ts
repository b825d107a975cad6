import { requestNamesOf } from './requests/names.js';
import type { VcpuState } from './schema/index.js';
import type { Mmu, RootSlot, Vcpu } from './state/index.js';
import { eptpOf, vpidOf } from './nested/vmcs12.js';

/** A vCPU as a client sees it. */
export function vcpuStateOf(vcpu: Vcpu): VcpuState {
  const { regs, nested } = vcpu;
  return {
    vcpu: vcpu.index,
    mode: vcpu.mode,
    cr0: regs.cr0,
    cr3: regs.cr3,
    cr4: regs.cr4,
    efer: regs.efer,
    cpl: regs.cpl,
    mmu: vcpu.mmu.name,
    requests: requestNamesOf(vcpu.requests),
    rootMmu: mmuStateOf(vcpu.rootMmu),
    guestMmu: mmuStateOf(vcpu.guestMmu),
    nested: {
      vmxon: nested.vmxon === -1 ? null : nested.vmxon,
      currentVmcs: nested.currentVmcs?.gpa ?? null,
      guestMode: nested.guestMode,
      eptp: nested.currentVmcs === null ? null : eptpOf(nested.currentVmcs),
      vpid: nested.currentVmcs === null ? null : vpidOf(nested.currentVmcs),
    },
    counters: { ...vcpu.counters },
  };
}

function mmuStateOf({ root, prevRoots, role, slotMarks }: Mmu): VcpuState['rootMmu'] {
  const rootState = (slot: RootSlot, index: number) =>
    slot === null
      ? null
      : {
          pgd: slot.pgd,
          hpa: slot.hpa,
          unsync: slot.syncDue || slot.flushDue || slotMarks[index] === true,
        };
  return {
    root: rootState(root, 0),
    prevRoots: prevRoots.map((slot, index) => rootState(slot, index + 1)),
    role,
  };
}
