import type { Word } from '../../mmu/index.js';

/** A thread of the host, as lines name it. */
export interface Task {
  /** The file that it is from, where `trace-cmd report` merged several; null otherwise. */
  readonly host: string | null;
  /** The comm, as it was printed: `CPU 0/KVM`, `<...>`. */
  readonly name: string;
  /** Thread id; null where the tool did not print it. */
  readonly pid: number | null;
  /** Process id; null unless the trace was told to record it. */
  readonly tgid: number | null;
}

/** When and where an event happened. One object is used again for every event: copy, do not keep. */
export interface Stamp {
  /** Nanoseconds of the trace's clock; ticks if the clock counts something else. */
  at: number;
  task: Task;
  /** Null where the tool did not print it. */
  cpu: number | null;
}

/** Facts of a VM's life that say something of its MMU: events of KVM, in one form. */
export type Fact =
  | { readonly kind: 'entry'; readonly vcpu: number | null }
  | Exit
  | { readonly kind: 'cr-write'; readonly cr: number; readonly value: Word }
  | PageFact
  | { readonly kind: 'walk'; readonly address: Word; readonly pferr: number }
  | { readonly kind: 'element'; readonly value: Word; readonly level: number }
  | { readonly kind: 'walk-failed'; readonly pferr: number }
  | {
      readonly kind: 'fault';
      readonly vcpu: number | null;
      readonly address: Word;
      readonly error: Word;
    }
  | SpteFact
  | { readonly kind: 'requested'; readonly gfn: number }
  | { readonly kind: 'tdp-spte'; readonly gfn: number; readonly level: number }
  | NestedEntry
  | { readonly kind: 'nested-exit'; readonly reason: string }
  | { readonly kind: 'nested-inject'; readonly reason: string }
  | { readonly kind: 'nested-failed' }
  | { readonly kind: 'zap-all' }
  | { readonly kind: 'insn'; readonly bytes: string }
  | ProbeFact
  | { readonly kind: 'lost'; readonly count: number | null };

/** A VM exit to KVM. */
interface Exit {
  readonly kind: 'exit';
  readonly vcpu: number | null;
  /** In the words of {@link exitNameOf}. */
  readonly reason: string;
  readonly vendor: 'vmx' | 'svm' | null;
  readonly info1: Word | null;
  readonly info2: Word | null;
}

/** Something happened to a shadow page. */
export interface PageFact {
  readonly kind: 'page';
  readonly what: 'made' | 'found' | 'zapped' | 'synced' | 'unsynced';
  /** Null where the tool left it out. */
  readonly gfn: number | null;
  readonly level: number;
  readonly isDirect: boolean;
}

/** KVM wrote an entry of a shadow page. */
interface SpteFact {
  readonly kind: 'spte';
  readonly gfn: number;
  readonly level: number;
  /** Where the entry lies in the host's memory. */
  readonly at: Word;
}

/** KVM runs L2 for L1. */
interface NestedEntry {
  readonly kind: 'nested-enter';
  /** Address of the VMCS or VMCB in L1's memory. */
  readonly vmcs: Word;
  /** The EPT pointer or the nCR3; null if L2 runs without. */
  readonly eptp: Word | null;
  /** CR3 of L2, where the kernel prints it: without EPT. */
  readonly cr3: Word | null;
}

/** Functions of KVM whose arguments say what no event does. */
export const PROBED = [
  'kvm_set_cr3',
  'kvm_mmu_invlpg',
  'kvm_handle_invpcid',
  'kvm_mmu_invpcid_gva',
  'kvm_invalidate_pcid',
  'kvm_mmu_pte_write',
  'nested_vmx_check_eptp',
  'nested_vmx_load_cr3',
] as const;
export type Probed = (typeof PROBED)[number];

/** A kprobe was hit. */
interface ProbeFact {
  readonly kind: 'probe';
  readonly of: Probed;
  /** The arguments that were recorded, by their names in the probe. */
  readonly args: ReadonlyMap<string, Word>;
}

/** Receives facts in the order of the trace. */
export type Take = (fact: Fact, stamp: Stamp) => void;
