import type { CommandKind, MmuEvent, MmuEventKind, RootCause } from '../../mmu/schema/index.js';

/** Where a step comes from: a function of Linux, and a section of the manual. */
export interface Source {
  readonly kernel: string | null;
  readonly manual: string | null;
}

const INVALIDATING = 'SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches"';
const CACHING = 'SDM Vol. 3A, "Caching Translation Information"';
const MOV_CR = 'SDM Vol. 2B, "MOV—Move to/from Control Registers"';

const of = (kernel: string | null, manual: string | null = null): Source => ({ kernel, manual });

const EVENT_SOURCES: Readonly<Record<MmuEventKind, Source>> = {
  'root-reused': of('cached_root_find_and_keep_current()', CACHING),
  'root-missed': of('fast_pgd_switch()', CACHING),
  'root-allocated': of('kvm_mmu_load()'),
  'root-evicted': of('cached_root_find_and_keep_current()'),
  'root-freed': of('kvm_mmu_free_roots()'),
  'root-marked-unsync': of('kvm_mmu_free_roots()'),
  'root-synced': of('kvm_mmu_sync_roots()'),
  'request-made': of('kvm_make_request()'),
  'request-serviced': of('vcpu_enter_guest()'),
  'tlb-flushed': of('kvm_vcpu_flush_tlb_guest()', INVALIDATING),
  'page-allocated': of('kvm_mmu_find_shadow_page()'),
  'page-zapped': of('kvm_mmu_commit_zap_page()'),
  'page-unsynced': of('mmu_try_to_unsync_pages()'),
  'page-synced': of('kvm_sync_page()'),
  'page-fault': of('kvm_mmu_page_fault()', 'SDM Vol. 3A, "Page-Fault Exceptions"'),
  access: of(null, CACHING),
  'vm-exit': of('vmx_handle_exit()', 'SDM Vol. 3C, "VM Exits"'),
  'vm-entered': of('vcpu_enter_guest()', 'SDM Vol. 3C, "VM Entries"'),
  'fault-injected': of('kvm_inject_emulated_page_fault()'),
  'vm-fail': of('nested_vmx_fail()', 'SDM Vol. 3C, "Conventions"'),
  violation: of(null, INVALIDATING),
};

/** Functions in which KVM frees roots for a reason; a policy may decide otherwise there. */
const CAUSE_SOURCES: Readonly<Record<RootCause, Source>> = {
  'mov-cr3': of('kvm_invalidate_pcid()', INVALIDATING),
  'invpcid-single': of('kvm_invalidate_pcid()', INVALIDATING),
  'guest-flush': of('kvm_vcpu_flush_tlb_guest()', INVALIDATING),
  'cr4-flush': of('kvm_post_set_cr4()', INVALIDATING),
  'pcide-on': of('kvm_post_set_cr4()', 'SDM Vol. 3A, "Process-Context Identifiers (PCIDs)"'),
  'invept-single': of('handle_invept()', INVALIDATING),
  'invept-all': of('handle_invept()', INVALIDATING),
  invvpid: of('handle_invvpid()', INVALIDATING),
  unload: of('kvm_mmu_unload()'),
  obsolete: of('kvm_mmu_free_obsolete_roots()'),
  uncacheable: of('fast_pgd_switch()'),
  'vmcs12-released': of('free_nested()'),
  'pdptes-changed': of('load_pdptrs()', 'SDM Vol. 3A, "PDPTE Registers"'),
  'free-roots': of('kvm_mmu_free_roots()'),
};

const FLUSH_KERNEL: Readonly<Record<string, string>> = {
  all: 'kvm_vcpu_flush_tlb_all()',
  current: 'kvm_vcpu_flush_tlb_current()',
  guest: 'kvm_vcpu_flush_tlb_guest()',
  address: 'kvm_mmu_invlpg()',
};

const COMMAND_SOURCES: Readonly<Partial<Record<CommandKind, Source>>> = {
  'clear-dirty-log': of('kvm_clear_dirty_log_protect()'),
  'dirty-log': of('kvm_mmu_slot_apply_flags()'),
  'free-roots': of('kvm_mmu_free_roots()'),
  'get-dirty-log': of('kvm_get_dirty_log_protect()'),
  'get-nested-state': of('vmx_get_nested_state()'),
  'hv-flush': of('kvm_hv_flush_tlb()'),
  init: of('kvm_apic_accept_events()'),
  invept: of('handle_invept()', 'SDM Vol. 3C, "INVEPT—Invalidate Translations Derived from EPT"'),
  invlpg: of('kvm_mmu_invlpg()', 'SDM Vol. 2A, "INVLPG—Invalidate TLB Entries"'),
  invpcid: of(
    'kvm_handle_invpcid()',
    'SDM Vol. 2A, "INVPCID—Invalidate Process-Context Identifier"',
  ),
  invvpid: of('handle_invvpid()', 'SDM Vol. 3C, "INVVPID—Invalidate Translations Based on VPID"'),
  'load-root': of('kvm_mmu_new_pgd()'),
  'make-request': of('kvm_make_request()'),
  map: of('kvm_vcpu_write_guest()'),
  'mov-cr0': of('kvm_set_cr0()', MOV_CR),
  'mov-cr3': of('kvm_set_cr3()', MOV_CR),
  'mov-cr4': of('kvm_set_cr4()', MOV_CR),
  'mov-from-cr3': of('handle_cr()', MOV_CR),
  preempt: of('kvm_arch_vcpu_put()'),
  'pv-flush': of('kvm_flush_tlb_multi()'),
  rsm: of('emulator_leave_smm()', 'SDM Vol. 2B, "RSM—Resume From System Management Mode"'),
  'set-cpuid': of('kvm_set_cpuid()'),
  'set-memslot': of('__kvm_set_memory_region()'),
  'set-nested-state': of('vmx_set_nested_state()'),
  'set-sregs': of('__set_sregs()'),
  smi: of('enter_smm()', 'SDM Vol. 3C, "SMI Handler Execution Environment"'),
  unmap: of('kvm_mmu_notifier_invalidate_range_start()'),
  vmclear: of('handle_vmclear()', 'SDM Vol. 3C, "VMCLEAR—Clear Virtual-Machine Control Structure"'),
  vmexit: of('nested_vmx_vmexit()', 'SDM Vol. 3C, "VM Exits"'),
  vmfunc: of('handle_vmfunc()', 'SDM Vol. 3C, "VM Functions"'),
  vmlaunch: of('nested_vmx_run()', 'SDM Vol. 3C, "VM Entries"'),
  vmresume: of('nested_vmx_run()', 'SDM Vol. 3C, "VM Entries"'),
  vmptrld: of(
    'handle_vmptrld()',
    'SDM Vol. 3C, "VMPTRLD—Load Pointer to Virtual-Machine Control Structure"',
  ),
  vmread: of(
    'handle_vmread()',
    'SDM Vol. 3C, "VMREAD—Read Field from Virtual-Machine Control Structure"',
  ),
  vmrun: of('nested_svm_vmrun()', 'APM Vol. 2, "VMRUN Instruction"'),
  vmwrite: of(
    'handle_vmwrite()',
    'SDM Vol. 3C, "VMWRITE—Write Field to Virtual-Machine Control Structure"',
  ),
  vmxoff: of('handle_vmxoff()'),
  vmxon: of('handle_vmxon()', 'SDM Vol. 3C, "VMXON—Enter VMX Operation"'),
  'wrmsr-efer': of('set_efer()'),
  'wrmsr-pkrs': of(null, 'SDM Vol. 3A, "Protection Keys"'),
  wrpkru: of(null, 'SDM Vol. 2D, "WRPKRU—Write Data to User Page Key Register"'),
  'zap-all': of('kvm_mmu_zap_all_fast()'),
};

const NONE = of(null);

/** The source of a command; an access of the guest has none in the kernel. */
export function sourceOfCommand(kind: CommandKind): Source {
  return COMMAND_SOURCES[kind] ?? NONE;
}

/** The source of an event, by its reason where it gives one. */
export function sourceOfEvent(event: MmuEvent): Source {
  if ('cause' in event) return CAUSE_SOURCES[event.cause];
  const source = EVENT_SOURCES[event.kind];
  if (event.kind !== 'tlb-flushed') return source;
  return { ...source, kernel: event.by === 'cpu' ? null : (FLUSH_KERNEL[event.scope] ?? null) };
}

/** All sources. */
export const SOURCES: readonly Source[] = [
  ...Object.values(EVENT_SOURCES),
  ...Object.values(CAUSE_SOURCES),
  ...Object.values(COMMAND_SOURCES),
  ...Object.values(FLUSH_KERNEL).map((kernel) => of(kernel)),
];
