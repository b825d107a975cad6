import { type Exhibit, MUTANT } from './exhibit.js';

/** One mistake each in requests, instructions and hardware flushes. */
export const REQUEST_MUTANTS = {
  'sync-request-unserviced': {
    title: 'MMU_SYNC is cleared and not serviced',
    source: MUTANT,
    what: 'The request goes and no root is synced.',
    where: 'vcpu_enter_guest()',
  },
  'flush-request-unserviced': {
    title: 'TLB_FLUSH_CURRENT is cleared and not serviced',
    source: MUTANT,
    what: 'The request goes and no TLB is flushed.',
    where: 'vcpu_enter_guest()',
  },
  'tlb-flush-withdraws-guest-flush': {
    title: 'TLB_FLUSH takes a guest flush with it',
    source: MUTANT,
    what: 'Servicing TLB_FLUSH withdraws a pending TLB_FLUSH_GUEST, whose sync is lost.',
    where: 'kvm_vcpu_flush_tlb_all()',
  },
  'remote-flush-first-vcpu-only': {
    title: 'A remote flush reaches one vCPU',
    source: MUTANT,
    what: 'kvm_flush_remote_tlbs() makes its request to vCPU 0 alone.',
    where: 'kvm_make_all_cpus_request()',
  },
  'request-without-kick': {
    title: 'A request waits for the next exit',
    source: MUTANT,
    what: 'A vCPU that runs the guest is not kicked out of it.',
    where: 'kvm_make_vcpus_request_mask()',
  },
  'mov-cr3-same-value-ignored': {
    title: 'MOV CR3 of the same value is a NOP',
    source: MUTANT,
    what: 'A flush by reloading CR3 does not happen.',
    where: 'kvm_set_cr3()',
  },
  'pge-toggle-ignored': {
    title: 'A toggle of CR4.PGE flushes nothing',
    source: MUTANT,
    what: 'What the guest asked for by CR4.PGE does not happen.',
    where: 'kvm_post_set_cr4()',
  },
  'pcide-off-ignored': {
    title: 'Clearing CR4.PCIDE flushes nothing',
    source: MUTANT,
    what: 'Translations of every PCID stay when PCIDE is cleared.',
    where: 'kvm_post_set_cr4()',
  },
  'invpcid-all-as-single': {
    title: 'INVPCID of all PCIDs is taken for one',
    source: MUTANT,
    what: 'INVPCID types 2 and 3 cover the PCID of their operand alone.',
    where: 'kvm_handle_invpcid()',
  },
  'globals-survive-pge': {
    title: 'Global pages outlive a toggle of PGE',
    source: MUTANT,
    what: 'The flush by CR4.PGE spares global pages.',
    where: 'MOV to CR4',
  },
  'invvpid-flushes-vpid01': {
    title: 'INVVPID flushes L1',
    source: MUTANT,
    what: 'INVVPID drops what is tagged with the VPID of L1.',
    where: 'handle_invvpid()',
  },
  'vmfunc-keeps-root': {
    title: 'VMFUNC switches no root',
    source: MUTANT,
    what: 'L2 goes on under the EPT that it left.',
    where: 'nested_vmx_eptp_switching()',
  },
  'transition-unflushed': {
    title: 'A transition without VPID flushes nothing',
    source: MUTANT,
    what: 'VM entry and exit without VPID request no flush.',
    where: 'nested_vmx_transition_tlb_flush()',
  },
  'vpid12-change-unnoticed': {
    title: 'Another vpid12 is not noticed',
    source: MUTANT,
    what: 'VM entry does not compare the VPID with the last one.',
    where: 'nested_vmx_transition_tlb_flush()',
  },
  'tlb-tag-without-pcid': {
    title: 'TLB entries carry no PCID',
    source: MUTANT,
    what: 'An entry of one PCID serves all of them.',
    where: 'TLB',
  },
  'tlb-tag-without-vpid': {
    title: 'TLB entries of L2 carry the VPID of L1',
    source: MUTANT,
    what: 'An entry of L1 serves its L2.',
    where: 'vmx_vcpu_load_vmcs()',
  },
  'global-without-pge': {
    title: 'A global page needs no CR4.PGE',
    source: MUTANT,
    what: 'The G bit counts while CR4.PGE is clear.',
    where: 'TLB',
  },
  'fault-keeps-tlb-entry': {
    title: 'A page fault keeps what it was due to',
    source: MUTANT,
    what: 'The processor does not drop the translation that faulted.',
    where: 'TLB',
  },
  'flush-current-names-vpid01': {
    title: 'A flush of the current context hits L1',
    source: MUTANT,
    what: 'TLB_FLUSH_CURRENT names the VPID of L1 while L2 runs.',
    where: 'vmx_flush_tlb_current()',
  },
} as const satisfies Record<string, Exhibit>;
