import type { Word } from '../../../mmu/index.js';
import type { Placed, Window } from './window.js';

/** A page fault that KVM handles, and the walk that tells of it. */
export interface Access {
  readonly address: Word;
  readonly error: number;
  placed: Placed | null;
}

/** An operand that no event has, and that later ones may show. */
export interface Open {
  readonly kind: 'mov-cr3' | 'invlpg' | 'invpcid' | 'invept';
  readonly window: Window;
  readonly placed: Placed;
  /** Values of CR3 that it may have been, the likeliest first. */
  candidates: Word[];
  /** Roots that turned out to be gone because of it. */
  readonly dropped: Word[];
}

/** Roots as KVM's own cache would hold them: the current one first. */
export interface Recency {
  roots: Word[];
  /** Number of the window in which each was last used, by the same index. */
  usedIn: number[];
}

/** A vCPU as the trace shows it. */
export interface VcpuTrace {
  readonly vcpu: number;
  window: Window | null;
  /** Reason of the exit that is being handled; null in the guest. */
  exit: string | null;
  /** CR3 of what runs, L1 or L2; null while it is not known. */
  cr3: Word | null;
  /** CR3 of L1 while L2 runs. */
  l1Cr3: Word | null;
  cr4: number | null;
  isInL2: boolean;
  /** EPTP of the L2 that runs, null if it has none. */
  eptp: Word | null;
  /** The L1 hypervisor was set up for the model: VMXON, and VMCSs by address. */
  readonly vmcs: Set<number>;
  isVmxOn: boolean;
  currentVmcs: number | null;
  /** Instruction of the exit, as it was emulated. */
  insn: string | null;
  access: Access | null;
  /** The walk that is being shown: its address, and the table of the next entry. */
  walk: Word | null;
  walkTable: number | null;
  /** The gpa that the last walk ended at, page and offset; null if it did not. */
  walkedTo: number | null;
  readonly recent: { cr3: Recency; eptp: Recency };
  open: Open[];
  /** Windows in which something was invalidated, newest last. */
  invalidations: { readonly window: Window; readonly address: Word | null }[];
  /** Address of the first byte that a page of KVM's entries maps, by that page. */
  readonly sptePages: Map<number, number>;
  /** Roots that the window uses and KVM should have: if it loads one, something dropped it. */
  readonly expected: { root: Word; usedIn: number; kind: 'invpcid' | 'invept' }[];
  /** Type of the INVPCID that is being handled, and the command it became, by kprobes. */
  invpcidType: Word | null;
  lastInvpcid: Open | null;
  /** Frame that KVM was last asked to map. */
  requested: number | null;
  /** The command that CR3 is from, if its value was unknown. */
  cr3From: Placed | null;
  /** HOST_CR3 of VMCSs, where it is not the CR3 with which L1 enters; and the last store of it. */
  readonly hostCr3: Map<number, Word>;
  hostCr3From: Placed | null;
  /** Pages that KVM is known to map, each under a root. */
  readonly mapped: Set<string>;
  /** Address whose entry the guest was last seen to write. */
  lastWritten: Word | null;
}

/** @param vcpu Its number in the VM. */
export function createVcpuTrace(vcpu: number): VcpuTrace {
  return {
    vcpu,
    ...{ window: null, exit: null, cr3: null, l1Cr3: null, cr4: null },
    ...{ isInL2: false, eptp: null, vmcs: new Set(), isVmxOn: false, currentVmcs: null },
    ...{ insn: null, access: null, walk: null, walkTable: null, walkedTo: null },
    recent: { cr3: { roots: [], usedIn: [] }, eptp: { roots: [], usedIn: [] } },
    ...{ open: [], invalidations: [], sptePages: new Map(), lastWritten: null },
    ...{ expected: [], invpcidType: null, lastInvpcid: null, requested: null },
    ...{ cr3From: null, mapped: new Set(), hostCr3: new Map(), hostCr3From: null },
  };
}

/** Slots beside the current root, as every KVM has had them since 5.0: KVM_MMU_NUM_PREV_ROOTS. */
export const PREV_ROOTS = 3;

/**
 * Uses a root: it becomes the newest.
 *
 * @returns The window in which it was last used, if KVM should still have had it; null otherwise.
 */
export function touch(recency: Recency, root: Word, window: number): number | null {
  const at = recency.roots.findIndex(({ page, low }) => page === root.page && low === root.low);
  const usedIn = at === -1 ? null : (recency.usedIn[at] ?? null);
  if (at !== -1) {
    recency.roots.splice(at, 1);
    recency.usedIn.splice(at, 1);
  }
  recency.roots.unshift(root);
  recency.usedIn.unshift(window);
  recency.roots.length = Math.min(recency.roots.length, PREV_ROOTS + 1);
  recency.usedIn.length = recency.roots.length;
  return usedIn;
}

export function forgetRoots(recency: Recency): void {
  recency.roots = [];
  recency.usedIn = [];
}
