import type { Registers } from '../machine/index.js';
import { createMmu, type Mmu } from './mmu.js';
import { createNested, type Nested } from './nested.js';
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

/** A virtual processor: its registers, its MMUs, its pending requests. */
export interface Vcpu {
  readonly index: number;
  /** The side that runs: KVM (`host`), or the guest. */
  mode: 'host' | 'guest';
  readonly regs: Registers;
  readonly rootMmu: Mmu;
  readonly guestMmu: Mmu;
  /** `arch.mmu`: `guestMmu` while L2 runs on EPT, otherwise `rootMmu`. */
  mmu: Mmu;
  /** Translations that the processor has cached; null where it caches nothing. */
  readonly tlb: Tlb | null;
  /** Pending `KVM_REQ_*`, one bit each. */
  requests: number;
  readonly nested: Nested;
  readonly counters: Counters;
}

export function createVcpu(
  index: number,
  regs: Registers,
  { prevRoots, tlb }: { prevRoots: number; tlb: Tlb | null },
): Vcpu {
  const rootMmu = createMmu('root', prevRoots);
  return {
    index,
    mode: 'host',
    regs,
    rootMmu,
    guestMmu: createMmu('guest', prevRoots),
    mmu: rootMmu,
    tlb,
    requests: 0,
    nested: createNested(),
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
