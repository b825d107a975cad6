import type { Word } from '../../../mmu/index.js';
import {
  createHistories,
  forgetHistories,
  type Histories,
  likeliestRoots,
  PREV_ROOTS,
  useKnown,
} from './histories.js';
import type { Open } from './open.js';
import type { Placed, Window } from './window.js';

/** A page fault that KVM handles, and the walk that tells of it. */
export interface Access {
  readonly address: Word;
  readonly error: number;
  placed: Placed | null;
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
  /** Histories of the roots by CR3; `recent.cr3` is what the likeliest comes to. */
  readonly histories: Histories;
  /** Window of the last use of a root by CR3. */
  cr3UsedIn: number;
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
  /** The command that CR3 is from, while its value is not certain. */
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
    ...{ histories: createHistories(), cr3UsedIn: -1 },
    ...{ open: [], invalidations: [], sptePages: new Map(), lastWritten: null },
    ...{ expected: [], invpcidType: null, lastInvpcid: null, requested: null },
    ...{ cr3From: null, mapped: new Set(), hostCr3: new Map(), hostCr3From: null },
  };
}

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

/** The same of a root by CR3 that is known. */
export function useCr3(vcpu: VcpuTrace, root: Word, window: number): number | null {
  useKnown(vcpu.histories, root);
  vcpu.cr3From = null;
  vcpu.cr3UsedIn = window;
  return touch(vcpu.recent.cr3, root, window);
}

/** The likeliest history may have become another one. */
export function followLikeliest({ recent: { cr3 }, histories }: VcpuTrace, window: number): void {
  const roots = likeliestRoots(histories);
  cr3.usedIn = roots.map(({ page, low }) => {
    const at = cr3.roots.findIndex((one) => one.page === page && one.low === low);
    return cr3.usedIn[at] ?? window;
  });
  cr3.roots = roots;
}

export function forgetCr3s({ recent, histories }: VcpuTrace): void {
  forgetRoots(recent.cr3);
  forgetHistories(histories);
}

/** Nothing is known of any root from here on. */
export function forgetAllRoots(vcpu: VcpuTrace): void {
  forgetCr3s(vcpu);
  forgetRoots(vcpu.recent.eptp);
}

function forgetRoots(recency: Recency): void {
  recency.roots = [];
  recency.usedIn = [];
}
