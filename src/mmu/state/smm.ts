import type { Word } from '../machine/index.js';

/**
 * The state from before an SMI, to which RSM returns: what the MMU needs of the state-save area in
 * SMRAM, and of what KVM keeps beside it.
 *
 * @see Linux `struct kvm_smram_state_64`, arch/x86/kvm/smm.h; `struct nested_vmx`, field `smm`
 */
export interface SavedForSmm {
  readonly cr0: number;
  readonly cr3: Word;
  readonly cr4: number;
  readonly efer: number;
  readonly cpl: number;
  readonly csL: boolean;
  readonly vm86: boolean;
  /** VMXON region; -1 outside VMX operation. */
  readonly vmxon: number;
  /** Whether L2 was running. */
  readonly guestMode: boolean;
}
