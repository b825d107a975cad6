import type { KernelRules } from '../kernel/index.js';
import type { GuestMemory } from '../machine/index.js';
import type { Policy } from '../policies/index.js';
import type { MmuEvent, VmConfig } from '../schema/index.js';
import type { Wrappers } from '../seam.js';
import type { Ledger } from './ledger.js';
import type { Oracle } from './oracle.js';
import type { ShadowPages } from './shadow-page.js';
import type { TlbTotal } from './tlb.js';
import type { Vcpu } from './vcpu.js';
import type { Vmcs12 } from './vmcs12.js';

/** A virtual machine: the aggregate of vCPUs, memory and shadow pages. */
export interface Vm {
  /** The configuration that it was made from. */
  readonly initial: VmConfig;
  /** The same with the CPUID and MAXPHYADDR of today. */
  config: VmConfig;
  readonly rules: KernelRules;
  readonly policy: Policy;
  /** Wrappers by which it goes wrong, or is mended; null if there are none. */
  readonly wrappers: Wrappers;
  readonly memory: GuestMemory;
  readonly shadow: ShadowPages;
  readonly vcpus: readonly Vcpu[];
  readonly tlbTotal: TlbTotal;
  /** VMCS regions that L1 has touched, by guest-physical address. */
  readonly vmcs12s: Map<number, Vmcs12>;
  /** The translations that the architecture still allows; null where nobody judges. */
  readonly oracle: Oracle | null;
  /** The worth of flushes, syncs and frees; no part of an encoded state. Null without oracle. */
  readonly ledger: Ledger | null;
}

/**
 * Whether the guest has linear-address masking: CPUID offers it, and the kernel knows it.
 *
 * @see Linux `kvm_vcpu_is_legal_cr3()`, `__cr4_reserved_bits()`
 */
export function hasLam({ config, rules }: Vm): boolean {
  return config.cpuid.lam && rules.hasLam;
}

/**
 * Takes the events of a step, in the order in which things happened; null where nobody listens.
 *
 * Call it as `emit?.(...)`: without a listener the event is then not even built.
 *
 * @param vcpu The vCPU that it befell.
 * @param causedBy Sequence number of the event that caused it, if another event did.
 * @returns The event's sequence number.
 */
export type Emit = ((vcpu: Vcpu, event: MmuEvent, causedBy?: number) => number) | null;
