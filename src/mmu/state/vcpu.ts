import type { Registers, Word } from '../machine/index.js';
import { createMmu, type Mmu } from './mmu.js';
import { createNested, type Nested } from './nested.js';
import type { SavedForSmm } from './smm.js';
import type { Tlb } from './tlb.js';

/** Sums over the life of a vCPU. KVM counts none of the root cache's; these are the lab's own. */
export interface Counters {
  reusedCurrent: number;
  reusedPrevious: number;
  missed: number;
  evicted: number;
  freed: number;
  marked: number;
  loaded: number;
  synced: number;
  /** `stat.tlb_flush`: the flush that ends a load is not in it. */
  tlbFlush: number;
  invlpg: number;
  exits: number;
}

/**
 * The byte `preempted` of the steal time that KVM and its guest share.
 *
 * @see Linux `struct kvm_steal_time`, arch/x86/include/uapi/asm/kvm_para.h
 */
export interface StealTime {
  /** KVM_VCPU_PREEMPTED: the host has scheduled the vCPU out. */
  preempted: boolean;
  /** KVM_VCPU_FLUSH_TLB: the guest leaves it to KVM to flush the vCPU before it runs again. */
  flushTlb: boolean;
}

/** A virtual processor: its registers, its MMUs, its pending requests. */
export interface Vcpu {
  readonly index: number;
  /** The side that runs: KVM (`host`), or the guest. */
  mode: 'host' | 'guest';
  /** Whether its guest ever ran: `last_vmentry_cpu` is not -1. */
  hasRun: boolean;
  readonly regs: Registers;
  readonly rootMmu: Mmu;
  readonly guestMmu: Mmu;
  /** `arch.mmu`: `guestMmu` while L2 runs on EPT, otherwise `rootMmu`. */
  mmu: Mmu;
  /** Translations that the processor has cached; null where it caches nothing. */
  readonly tlb: Tlb | null;
  /** Pending `KVM_REQ_*`, one bit each. */
  requests: number;
  readonly steal: StealTime;
  /** `tlb_flush_fifo`: flushes that Hyper-V hypercalls asked for, oldest first. */
  readonly hvFlushes: Word[];
  readonly nested: Nested;
  /** State that an SMI saved; null outside system-management mode: `HF_SMM_MASK`. */
  smm: SavedForSmm | null;
  /** An INIT that is blocked waits: `KVM_APIC_INIT` of `pending_events`. */
  initPending: boolean;
  readonly counters: Counters;
}

/** A vCPU without its MMUs and its TLB. */
export type VcpuCore = Omit<Vcpu, 'rootMmu' | 'guestMmu' | 'mmu' | 'tlb'>;

export function createVcpuCore(index: number, regs: Registers): VcpuCore {
  return {
    index,
    mode: 'host',
    hasRun: false,
    regs,
    requests: 0,
    steal: { preempted: false, flushTlb: false },
    hvFlushes: [],
    nested: createNested(),
    smm: null,
    initPending: false,
    counters: {
      reusedCurrent: 0,
      reusedPrevious: 0,
      missed: 0,
      evicted: 0,
      freed: 0,
      marked: 0,
      loaded: 0,
      synced: 0,
      tlbFlush: 0,
      invlpg: 0,
      exits: 0,
    },
  };
}

export function createVcpu(
  index: number,
  regs: Registers,
  { prevRoots, tlb }: { prevRoots: number; tlb: Tlb | null },
): Vcpu {
  const rootMmu = createMmu('root', prevRoots);
  const guestMmu = createMmu('guest', prevRoots);
  return { ...createVcpuCore(index, regs), rootMmu, guestMmu, mmu: rootMmu, tlb };
}
