import type { KernelRelease } from './releases.js';

/**
 * Every rule, other than what a policy decides, in which the kernels differ.
 *
 * One table a version, so that a difference between two kernels is one line to read. Where the
 * sources name only a range of versions, the nearest tree that was read stands for it.
 *
 * @see docs/fidelity.md for what was read of each version.
 */
export interface KernelRules {
  /** The exact release whose rules these are. */
  readonly release: KernelRelease;

  /**
   * Search of the cache by a PGD switch: `swap-chain` rotates the current root in even if it is
   * invalid; `keep-or-fill` fills an invalid current root from the cache instead.
   * @see Linux `cached_root_available()` to v5.17, `cached_root_find_*()` since v5.18
   */
  readonly pgdSwitch: 'swap-chain' | 'keep-or-fill';

  /**
   * Whether a switch computes the wanted role before the MMU is configured anew, leaving out the
   * extended role, so that SMEP and SMAP never count (and CR0.WP=0 with either never hits).
   * @see Linux `kvm_mmu_calc_root_page_role()` to v5.17
   */
  readonly wantsBaseRole: boolean;

  /** Bits of a page role. @see Linux `union kvm_mmu_page_role` */
  readonly roleBits: 'guest-efer-cr0' | 'fixed-efer' | 'cr4-smep';

  /**
   * The bit that the role of a root of shadowed tables records of how entries are read: EFER.NX (to
   * v5.18) or none. Without it, tables that were shadowed while EFER.NX was set serve a guest for
   * which bit 63 of an entry is reserved.
   * @see Linux v6.1 `kvm_init_shadow_mmu()`, `union kvm_mmu_extended_role`
   */
  readonly roleTells: 'nx' | 'nothing';

  /**
   * Effect of a MOV CR3 or INVPCID that invalidates the active PCID: a sync and the request of a
   * flush at once, or a request of both.
   * @see Linux `kvm_set_cr3()`, commit e62f1aa8b930 (v5.14)
   */
  readonly syncOfActivePcid: 'immediate' | 'requested';

  /** Whether a switch that hits syncs, and flushes, unless its caller said to skip it (v5.13). */
  readonly syncOnHitUnlessSkipped: boolean;

  /** Whether a flushing MOV CR3 reaches the PCID's other cached roots. @see 21823fbda552 (v5.14) */
  readonly movCr3ReachesCachedRoots: boolean;

  /** With TDP, a PCID invalidation requests a guest flush. @see e45e9e3998f0 (v5.16) */
  readonly tdpPcidFlushesGuest: boolean;

  /** The request of INVPCID types 2 and 3. @see 28f28d453ffc (v5.14) */
  readonly invpcidAll: 'MMU_RELOAD' | 'TLB_FLUSH_GUEST';

  /** Whether an unknown INVPCID type faults before the descriptor is read. */
  readonly invpcidTypeFirst: boolean;

  /** Roots of the shared MMU that INVVPID frees without EPT. @see 25b62c6274ed (v5.14) */
  readonly invvpidFrees: 'all' | 'guest-mode';

  /** Whether VMFUNC switches through the cache. @see 39353ab5790b (v5.14) */
  readonly vmfuncUsesCache: boolean;

  /** The request to every vCPU when a page that is a root, or all, are zapped. @see 527d5cd7eece */
  readonly zapRequest: 'MMU_RELOAD' | 'MMU_FREE_OBSOLETE_ROOTS';

  /**
   * The page by which a previous root is judged when obsolete roots are freed: its own, or that of
   * the current root, so that all of them go or none (v5.18 alone).
   * @see Linux `__kvm_mmu_free_obsolete_roots()`, commit cf4a8693d97a (v5.19)
   */
  readonly obsoleteRootsBy: 'own-page' | 'current-page';

  /** Whether `kvm_mmu_reload()` itself services a pending obsolete-roots request (v6.18). */
  readonly reloadFreesObsolete: boolean;

  /** Bits of CR4 whose change resets the MMU context. @see `KVM_MMU_CR4_ROLE_BITS` */
  readonly cr4RoleHasLa57: boolean;

  /** Whether the remaining checks follow a CR4 role change, or nothing more (v5.18). */
  readonly cr4FlushAfterReset: boolean;

  /** Effect of a change of CR0.WP alone. @see `kvm_post_set_cr0()` */
  readonly wpChange: 'reset' | 'refresh-with-tdp' | 'refresh-with-tdp-and-paging';

  /** Whether clearing CR0.PG requests a guest flush (v5.19). */
  readonly pgOffFlushesGuest: boolean;

  /** Whether a change of EFER.LME resets the context, as one of NX does (v5.19). */
  readonly eferLmeResets: boolean;

  /**
   * Effect of changed PDPTEs on the root of PAE paging: under the same CR3 they make MOV CR3 a
   * switch like another (v5.13), have none, or free the current root wherever they are loaded
   * (v5.17, with shadow paging).
   * @see Linux `load_pdptrs()`, arch/x86/kvm/x86.c
   */
  readonly changedPdptes: 'switch' | 'ignored' | 'free-root';

  /** Whether every load of the PDPTEs requests LOAD_MMU_PGD. @see 2c5653caecc4 (v5.16) */
  readonly pdptrLoadRequestsPgd: boolean;

  /** A root gfn outside every memslot: the vCPU shuts down, or runs on an empty root (v6.6). */
  readonly invisibleRoot: 'triple-fault' | 'dummy-root';

  /** The request of a nested transition without VPID. @see `nested_vmx_transition_tlb_flush()` */
  readonly transitionWithoutVpid: 'TLB_FLUSH' | 'TLB_FLUSH_GUEST';

  /** Effect of an entry with another vpid12. @see 712494de96f3 (v5.16) */
  readonly newVpid12: 'flush-vpid02' | 'TLB_FLUSH_GUEST';

  /**
   * Whether an entry to L2 that fails late services its local flushes while L2's context is still in
   * use. Elsewhere the flush that was meant for L2 is spent on L1.
   * @see Linux `nested_vmx_enter_non_root_mode()`, commit 05a0b701d108 (6.1.188, 6.12.110, 7.3)
   */
  readonly failedEntryFlushes: boolean;

  /** Local flush requests that a nested transition services. @see 40e5f9080472 (v5.16) */
  readonly transitionServices: 'current' | 'current-and-guest';

  /**
   * Whether an event of L1's that is pending makes L2 leave before its requests are serviced (to
   * v5.19), or after.
   * @see Linux `kvm_check_nested_events()`, arch/x86/kvm/x86.c
   */
  readonly nestedEvents: 'before-requests' | 'after-requests';

  /** Whether INIT requests a guest flush. @see df37ed38e6c2 (v5.16) */
  readonly initFlushesGuest: boolean;

  /**
   * The VPID that a flush names while L2 runs. An L2 to which L1 gives none runs under that of L1: from
   * v5.16 to v6.11 a flush missed it.
   * @see Linux `vmx_get_current_vpid()`, commit 2657b82a78f1 (6.1.119, 6.6.63, 6.11.10, v6.12)
   */
  readonly l2Vpid: 'vpid01-for-guest' | 'vpid02' | 'vpid02-if-vpid12';

  /**
   * Whether KVM knows linear-address masking, so that CR3's and CR4's bits of it may be set where
   * CPUID offers it. Absent from v6.5, present in v6.12.
   * @see Linux `kvm_vcpu_is_legal_cr3()`, arch/x86/kvm/cpuid.h
   */
  readonly hasLam: boolean;

  /**
   * Whether L1 is offered mode-based execute control for EPT. Absent from v7.1, present in v7.3.
   * @see Linux `nested_vmx_setup_secondary_ctls()`, arch/x86/kvm/vmx/nested.c
   */
  readonly hasModeBasedExec: boolean;
  /**
   * Time at which KVM reads the PDPTEs of an L2 that it shadows, where L2 goes on from saved state.
   * @see Linux `nested_vmx_load_cr3()`: `reload_pdptrs`; `nested_get_vmcs12_pages()`
   */
  readonly restoredPdptes: 'at-once' | 'by-request';
  /**
   * The effect of another CPUID on a vCPU that has run: its roots go, or it is refused, since v5.16;
   * the same one may be set again, since v5.17.
   * @see Linux `kvm_set_cpuid()`, `kvm_mmu_after_set_cpuid()`
   */
  readonly cpuidAfterRun: 'resets' | 'same-only';
  /** Whether an SVM hypervisor is offered the guest mode execute trap (GMET): with the same change. */
  readonly hasGmet: boolean;

  /**
   * Whether KVM_SET_SREGS refuses an EFER that WRMSR would refuse.
   * @see Linux `kvm_is_valid_sregs()`, commit 184bd464bdb6 (6.1.188, 6.12.110, 7.3)
   */
  readonly sregsChecksEfer: boolean;

  /** Whether KVM_SET_SREGS that resets the context also requests a guest flush (v6.7). */
  readonly sregsFlushesGuest: boolean;

  /**
   * The treatment of stale pages below one that a fault or a load finds: 5.14 requests a sync of
   * the unsync ones and a flush; since v5.15 the children are synced before they are linked.
   * @see Linux `kvm_mmu_get_page()`; `FNAME(fetch)`, arch/x86/kvm/mmu/paging_tmpl.h
   */
  readonly foundPageSync: 'request' | 'before-link';

  /** Whether a page in which a sync finds nothing present is zapped (to v5.15). */
  readonly emptySyncZaps: boolean;

  /** Whether a leaf that is prefetched may make a page unsync (to v5.15). */
  readonly prefetchUnsyncs: boolean;

  /** Whether an entry that loses its A or D bit has every TLB flushed (to v6.12). */
  readonly flushesClearedAccessed: boolean;

  /** Whether a sync makes a leaf anew of which the guest's entry allows what it did (to v6.12). */
  readonly syncRemakesUnchanged: boolean;

  /** Whether a leaf that is made over a writable one is not dirty any more (to v6.12). */
  readonly remakesLeafClean: boolean;

  /** Whether an intercepted write zaps the page of an EPT that nothing leads to any more (v7.x). */
  readonly trackedWriteZapsOrphans: boolean;

  /**
   * Whether a page of an EPT that nothing leads to any more stays while it is a root.
   * @see Linux `mmu_page_zap_pte()`, commit 7a2c70e777a0 (6.1.188, 6.12.110, 7.3)
   */
  readonly orphanRootsStay: boolean;

  /**
   * Levels whose entries are zapped first when the direct MMU under EPT gives up a root, before
   * those of the root itself.
   * @see Linux `tdp_mmu_zap_root()`, arch/x86/kvm/mmu/tdp_mmu.c
   */
  readonly tdpZapLevels: readonly number[];

  /** Effect of INVLPG on a leaf in an unsync page. @see `kvm_mmu_invalidate_addr()` (v6.4) */
  readonly invlpgLeaf: 'zap-and-prefetch' | 'sync';

  /** Whether an intercepted write that hits nothing present flushes its own vCPU (to v5.15). */
  readonly trackedWriteFlushesCurrent: boolean;

  /**
   * Whether a fault that L1 is told of is also invalidated in the cached roots of the same EP4TA.
   * @see Linux `nested_ept_invalidate_addr()` (v5.15)
   */
  readonly eptFaultReachesCachedRoots: boolean;

  /** Whether the error code of an EPT violation marks a read as one of the user (to v6.12). */
  readonly eptReadIsUser: boolean;

  /**
   * Whether a root that stands a level above L1's nested page tables is known by its role not to shadow
   * their top table itself.
   * @see Linux `kvm_init_shadow_npt_mmu()`: `passthrough`, commit 84e5ffd045f3 (v5.18)
   */
  readonly rolePassthrough: boolean;

  /**
   * Whether dirty logging that begins flushes every TLB even if no leaf could be written through.
   * @see Linux `kvm_mmu_slot_apply_flags()`, commit b64d740ea7dd (v6.0)
   */
  readonly dirtyLogAlwaysFlushes: boolean;

  /** Whether the Hyper-V flush queue is a request of its own. */
  readonly hasHvTlbFlush: boolean;
}
