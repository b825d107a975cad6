import { VMCS, wordToNumber } from './machine/index.js';
import { requestNamesOf } from './requests/index.js';
import type { VcpuState } from './schema/index.js';
import { eptpOf, fieldOf, type Mmu, type RootSlot, type Vcpu, vpidOf } from './state/index.js';

/** A vCPU as a client sees it. */
export function vcpuStateOf(vcpu: Vcpu): VcpuState {
  const { regs, nested } = vcpu;
  const vmcs12 = nested.currentVmcs;
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
      currentVmcs: vmcs12?.gpa ?? null,
      guestMode: nested.guestMode,
      eptp: vmcs12 === null ? null : eptpOf(vmcs12),
      vpid: vmcs12 === null ? null : vpidOf(vmcs12),
      instructionError:
        vmcs12 === null ? null : wordToNumber(fieldOf(vmcs12, VMCS.VM_INSTRUCTION_ERROR)),
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
