import { VMCS, wordToNumber } from '../machine/index.js';
import { requestNamesOf } from '../requests/index.js';
import type { OracleState, VcpuState } from '../schema/index.js';
import {
  currentRoot,
  eptpOf,
  fieldOf,
  type Mmu,
  prevRootsOf,
  type RootSlot,
  type Vcpu,
  type Vm,
  vpidOf,
} from '../state/index.js';

/** A vCPU as a client sees it. */
export function vcpuStateOf({ oracle }: Pick<Vm, 'oracle'>, vcpu: Vcpu): VcpuState {
  const { regs, nested } = vcpu;
  const vmcs12 = nested.currentVmcs;
  return {
    vcpu: vcpu.index,
    mode: vcpu.mode,
    cr0: regs.cr0,
    cr3: regs.cr3,
    cr4: regs.cr4,
    efer: regs.efer,
    pkru: regs.pkru,
    pkrs: regs.pkrs,
    cpl: regs.cpl,
    mmu: vcpu.mmu.name,
    requests: requestNamesOf(vcpu.requests),
    steal: { ...vcpu.steal },
    hvFlushes: [...vcpu.hvFlushes],
    rootMmu: mmuStateOf(vcpu.rootMmu),
    guestMmu: mmuStateOf(vcpu.guestMmu),
    nested: {
      vmxon: nested.vmxon === -1 ? null : nested.vmxon,
      currentVmcs: vmcs12?.gpa ?? null,
      guestMode: nested.guestMode,
      eptp: vmcs12 === null ? null : eptpOf(vmcs12),
      nestedCr3: nested.svm?.paging?.nestedCr3 ?? null,
      vpid: vmcs12 === null ? null : vpidOf(vmcs12),
      instructionError:
        vmcs12 === null ? null : wordToNumber(fieldOf(vmcs12, VMCS.VM_INSTRUCTION_ERROR)),
    },
    smm: vcpu.smm !== null,
    initPending: vcpu.initPending,
    counters: { ...vcpu.counters },
    oracle: oracle && foundBy(oracle.vcpus.slice(vcpu.index, vcpu.index + 1)),
  };
}

/** The findings of the oracle on all vCPUs of a VM; null if it is off. */
export function oracleStateOf({ oracle }: Pick<Vm, 'oracle'>): OracleState | null {
  return oracle && foundBy(oracle.vcpus);
}

function foundBy(vcpus: readonly (OracleState | null)[]): OracleState {
  const sum = { violations: 0, undecided: 0 };
  for (const found of vcpus) {
    sum.violations += found?.violations ?? 0;
    sum.undecided += found?.undecided ?? 0;
  }
  return sum;
}

function mmuStateOf(mmu: Mmu): VcpuState['rootMmu'] {
  const { role, slotMarks } = mmu;
  const rootState = (root: RootSlot, mark: boolean | undefined) =>
    root === null
      ? null
      : {
          pgd: root.pgd,
          hpa: root.hpa,
          unsync: root.syncDue || root.flushDue || mark === true,
        };
  return {
    root: rootState(currentRoot(mmu), slotMarks[0]),
    prevRoots: prevRootsOf(mmu).map((root, slot) => rootState(root, slotMarks[slot + 1])),
    role,
  };
}
