import type { Exhibit } from './exhibit.js';

/**
 * Bugs that KVM had, by what was wrong, in the order of the architecture reference.
 *
 * @see docs/museum.md for the scene of each, and for those that the model cannot show.
 */
export const HISTORIC = {
  'ept-fault-syncs-current-only': {
    title: 'An EPT fault forgets in one root alone',
    source: '85aa8889b82e kvm: vmx: Sync all matching EPTPs when injecting nested EPT fault',
    what: 'An EPT violation that L1 is told of is not invalidated in other roots of its EP4TA.',
    where: 'nested_ept_inject_page_fault()',
    rules: { eptFaultReachesCachedRoots: false },
  },
  'invept-eptp-unchecked': {
    title: 'INVEPT takes any EPTP',
    source: 'eed0030e4caa KVM: nVMX: Validate the EPTP when emulating INVEPT(EXTENT_CONTEXT)',
    what: 'Single-context INVEPT succeeds with an EPTP that no VM entry would accept.',
    where: 'handle_invept()',
  },
  'invept-syncs-current-only': {
    title: 'INVEPT spares cached roots',
    source: 'f8aa7e3958bc KVM: nVMX: Invalidate all EPTP contexts when emulating INVEPT for L1',
    what: 'INVEPT reaches the current root of guest_mmu and none of prev_roots.',
    where: 'handle_invept()',
  },
  'invept-matches-whole-eptp': {
    title: 'INVEPT compares all bits of the EPTP',
    source: 'ce8fe7b77bd8 KVM: nVMX: Free only the affected contexts when emulating INVEPT',
    what: 'Single-context INVEPT spares a root whose EPTP differs in its attributes alone.',
    where: 'nested_ept_root_matches()',
  },
  'invvpid-keeps-l2-roots': {
    title: 'INVVPID without EPT keeps roots of L2',
    source: 'KVM: nVMX: Invalidate all roots when emulating INVVPID without EPT (2020)',
    what: 'INVVPID flushes the hardware, and leaves the shadow roots of L2 as they are.',
    where: 'handle_invvpid()',
  },
  'fault-injected-without-sync': {
    title: 'A fault is injected and nothing forgotten',
    source: 'KVM: x86: Sync SPTEs when injecting page/EPT fault into L1',
    what: 'A page fault that KVM injects does not bring the faulting address into step.',
    where: 'kvm_inject_emulated_page_fault()',
  },
  'transition-syncs-current-only': {
    title: 'A transition without VPID syncs one root',
    source: '07ffaf343e34 KVM: nVMX: Sync all PGDs on nested transition with shadow paging',
    what: 'VM entry and exit without VPID flush the hardware and sync the root they load alone.',
    where: 'nested_vmx_transition_tlb_flush()',
    rules: { transitionWithoutVpid: 'TLB_FLUSH', syncOnHitUnlessSkipped: true },
  },
  'mov-cr3-syncs-current-only': {
    title: 'A flushing MOV CR3 spares cached roots',
    source: '21823fbda552 KVM: x86: Invalidate all PGDs for the current PCID on MOV CR3 w/ flush',
    what: 'MOV CR3 with a flush syncs the root it loads, and no other root of its PCID.',
    where: 'kvm_set_cr3()',
    rules: { movCr3ReachesCachedRoots: false, syncOnHitUnlessSkipped: true },
  },
  'pcide-keeps-roots': {
    title: 'CR4.PCIDE is set over stale roots',
    source: '509bfe3d9796 KVM: X86: Cache CR3 in prev_roots when PCID is disabled (its repair)',
    what: 'Roots that may be stale while PCIDE is clear stay cached when it is set.',
    where: 'kvm_post_set_cr4()',
  },
  'tdp-pcid-unflushed': {
    title: 'INVPCID emulated under EPT spares another PCID',
    source: 'e45e9e3998f0 KVM: X86: Fix tlb flush for tdp in kvm_invalidate_pcid()',
    what: 'Where KVM emulates INVPCID under EPT, a PCID that is not in use is not flushed.',
    where: 'kvm_invalidate_pcid()',
    rules: { tdpPcidFlushesGuest: false },
  },
  'new-vpid12-unsynced': {
    title: 'Another vpid12 finds the old shadow',
    source: '712494de96f3 KVM: nVMX: Emulate guest TLB flush on nested VM-Enter with new vpid12',
    what: 'VM entry with another VPID flushes the hardware, and syncs no shadow.',
    where: 'nested_vmx_transition_tlb_flush()',
    rules: { newVpid12: 'flush-vpid02' },
  },
  'guest-flush-names-vpid01': {
    title: 'A flush that L2 asked for hits L1',
    source: '2b4a5a5d5688 KVM: nVMX: Flush current VPID (L1 vs. L2) for KVM_REQ_TLB_FLUSH_GUEST',
    what: 'TLB_FLUSH_GUEST names the VPID of L1 even while L2 runs.',
    where: 'vmx_flush_tlb_guest()',
    rules: { l2Vpid: 'vpid01-for-guest' },
  },
  'guest-flush-late': {
    title: 'A flush is spent on the wrong side of an exit',
    source:
      '40e5f9080472 KVM: nVMX: Abide to KVM_REQ_TLB_FLUSH_GUEST request on nested vmentry/vmexit',
    what: 'TLB_FLUSH_GUEST that is pending when L2 leaves is serviced in the context of L1.',
    where: 'nested_vmx_vmexit()',
    rules: { transitionServices: 'current', nestedEvents: 'before-requests' },
  },
  'invlpg-walks-arch-mmu': {
    title: 'INVLPG of L2 is taken for a guest-physical address',
    source: '05b29633c7a9 KVM: X86: Use vcpu->arch.walk_mmu for kvm_mmu_invlpg()',
    what: 'INVLPG that KVM emulates for L2 looks in the shadow of the EPT, and flushes nothing.',
    where: 'kvm_mmu_invlpg()',
  },
  'invpcid-without-paging-crashes': {
    title: 'INVPCID without paging crashes the host',
    source: '9f46c187e2e6 KVM: x86/mmu: fix NULL pointer dereference on guest INVPCID',
    what: 'INVPCID of an address calls the invlpg of an MMU without paging, which has none.',
    where: 'kvm_mmu_invpcid_gva()',
  },
  'shadow-page-shared-by-rights': {
    title: 'A table below other rights shares a shadow page',
    source: 'b1bd5cba3306 KVM: X86: MMU: Use the correct inherited permissions to get shadow page',
    what: 'Every shadow page on a walk is keyed by the rights of its last table, not by its own.',
    where: 'FNAME(fetch)',
  },
  'transition-flushes-eptp-left': {
    title: 'A transition flushes the EPTP that it leaves',
    source: '1438921c6dc1 KVM: nVMX: Flush TLB entries tagged by dest EPTP on L1<->L2 transitions',
    what: 'VM entry without VPID flushes the EP4TA of L1, and nothing of L2.',
    where: 'nested_vmx_transition_tlb_flush()',
  },
  'pdptes-kept': {
    title: 'A PAE root outlives its PDPTEs',
    source:
      '6b123c3a89a9 KVM: x86/mmu: Reconstruct shadow page root if the guest PDPTEs is changed',
    what: 'PDPTEs that changed under the same CR3 do not rebuild the PAE root.',
    where: 'load_pdptrs()',
    rules: { changedPdptes: 'ignored' },
  },
  'vmfunc-keeps-ad': {
    title: 'VMFUNC keeps the A/D rule of the EPTP it leaves',
    source: "272b0a998d08 KVM: nVMX: Don't clobber nested MMU's A/D status on EPTP switch",
    what: 'An EPTP switch leaves A/D-enable in the role of the shadow as it was.',
    where: 'nested_vmx_eptp_switching()',
  },
  'canonical-by-la57': {
    title: 'Operands are canonical by CR4.LA57',
    source: '9245fd6b8531 KVM: x86: model canonical checks more precisely',
    what: 'INVPCID and INVVPID refuse an address that only 57-bit addressing makes canonical.',
    where: 'is_noncanonical_invlpg_address()',
  },
  'direct-page-any-gfn': {
    title: 'A direct page serves another large page',
    source: '0cb2af2ea66a KVM: x86/mmu: Fix shadow paging use-after-free due to unexpected GFN',
    what: 'A child is reused though the frame that it maps is not the one now wanted.',
    where: 'kvm_mmu_get_child_sp()',
  },
  'direct-page-any-role': {
    title: 'A direct page serves as a table',
    source: '81ccda30b4e8 KVM: x86/mmu: Fix shadow paging use-after-free due to unexpected role',
    what: 'A child is reused though it maps frames directly, where a table is to be shadowed.',
    where: 'kvm_mmu_get_child_sp()',
  },
  'linked-unsynced': {
    title: 'A page is linked before it is synced',
    source: 'KVM: X86: Synchronize the shadow pagetable before link it (v5.15)',
    what: 'What is unsync below a page that is linked is synced later, and for one vCPU alone.',
    where: 'FNAME(fetch)',
    rules: { foundPageSync: 'request' },
  },
  'mmio-over-present': {
    title: 'An MMIO marker overwrites a present leaf',
    source:
      'aad885e77496 KVM: x86/mmu: Drop/zap existing present SPTE even when creating an MMIO SPTE',
    what: 'A leaf is overwritten by an MMIO marker and stays in the reverse map.',
    where: 'mmu_set_spte()',
  },
  'nx-reserved-in-shadow': {
    title: 'XD in a shadow counts as reserved',
    source: '5f0b819995e1 KVM: fix reserved bit check for ept=0/CR0.WP=0/CR4.SMEP=1/EFER.NX=0',
    what: 'Reserved bits of shadow entries follow the EFER.NX of the guest, not of the host.',
    where: 'reset_shadow_zero_bits_mask()',
  },
  'ept-bit-7-unchecked': {
    title: 'Bit 7 of an EPT entry of level 4 is let through',
    source: 'CVE-2017-12188 KVM: x86: MMU page-walk overrun',
    what: 'The walk of an EPT of L1 does not know at which levels bit 7 is reserved.',
    where: 'update_last_nonleaf_level()',
  },
  'vmx-exit-unhandled': {
    title: 'INVEPT without VMX ends the VM',
    source: 'CVE-2014-3645, CVE-2014-3646: exits of INVEPT and INVVPID without nested VMX',
    what: 'INVEPT and INVVPID of a guest without VMX are exits that nobody handles.',
    where: 'kvm_vmx_exit_handlers[]',
  },
  'cr3-bit-63-kept': {
    title: 'Bit 63 of MOV CR3 is taken for an address',
    source: '9d88fca71a99 KVM: x86: MOV to CR3 can set bit 63',
    what: 'The no-flush bit is not taken off before the value is checked.',
    where: 'kvm_set_cr3()',
  },
  'vpid-0-entered': {
    title: 'L2 runs under VPID 0',
    source: 'f0d736547815 KVM: nVMX: Check VPID value on vmentry of L2 guests',
    what: 'VM entry with "enable VPID" accepts VPID 0, which is the hypervisor\'s own.',
    where: 'nested_vmx_check_controls()',
  },
  'pae-root-unknown': {
    title: 'A PAE root is walked from level 5',
    source: '12ec33a70574 KVM: X86: Fix when shadow_root_level=5 && guest root_level<4',
    what: 'Under 5-level shadow tables the walk does not begin at the four entries of PAE.',
    where: 'shadow_walk_init_using_root()',
  },
} as const satisfies Record<string, Exhibit>;
