/** Types and operations of openapi.yaml, written by `npm run describe-api`: not to be edited. */

export type Health = {
    status: "ok" | "ready";
    version: string;
    /** Place of VMs. */
    kept?: string;
};
export type Flaw = {
    "in": "body" | "query" | "path" | "header";
    /** JSON pointer; empty for the whole part. */
    path: string;
    message: string;
};
export type Problem = {
    "type": string;
    title: string;
    status: number;
    detail: string;
    /** Stable; the wording of `detail` is not. */
    code: "invalid-request" | "malformed-json" | "malformed-http" | "upgrade-refused" | "token-required" | "token-refused" | "scope-insufficient" | "host-refused" | "origin-refused" | "route-not-found" | "vm-not-found" | "vcpu-not-found" | "shadow-page-not-found" | "snapshot-not-found" | "exhibit-not-found" | "stream-not-found" | "job-not-found" | "race-not-found" | "price-list-not-found" | "trace-not-found" | "method-not-allowed" | "request-timeout" | "command-refused" | "vm-poisoned" | "snapshot-exists" | "price-list-exists" | "beginning-unknown" | "race-ended" | "oracle-off" | "events-expired" | "epoch-changed" | "precondition-failed" | "body-too-large" | "batch-too-long" | "line-too-long" | "job-too-long" | "target-too-long" | "unsupported-media-type" | "expectation-failed" | "idempotency-key-reused" | "answer-not-kept" | "vm-limit-reached" | "vcpu-limit-reached" | "memory-limit-reached" | "snapshot-limit-reached" | "stream-limit-reached" | "wait-limit-reached" | "job-limit-reached" | "price-list-limit-reached" | "trace-limit-reached" | "tag-limit-reached" | "rate-limited" | "headers-too-large" | "internal" | "not-ready" | "journal-failed" | "overloaded";
    instance?: string;
    /** Names the request in the log of the server. */
    requestId?: string;
    errors?: Flaw[];
    /** Commands applied before the batch stopped. */
    applied?: number;
    /** Index of the command that stopped the batch. */
    index?: number;
    /** Sequence number of the VM after that. */
    seq?: number;
    /** Line that stopped a stream of commands, from 1. */
    line?: number;
    /** The lowest sequence number still kept. */
    oldest?: number;
    /** The epoch of this run of the server. */
    epoch?: string;
};
export type PolicyName = "mainline-5.14" | "mainline" | "need-sync" | "unsync-roots" | "cached-roots" | "need-sync-posted" | "unsync-roots-posted" | "cached-roots-posted" | "invept-deferred" | "fill-holes" | "flush-on-reuse" | "never-cache";
export type Policy = {
    name: PolicyName;
    summary: string;
    source: string;
    /** Bytes added to `struct kvm_mmu` of v5.14. */
    costBytes: number;
    costNote: string;
    /** Whether it never lets a guest use a stale translation. */
    isSound: boolean;
};
export type PolicyList = {
    policies: Policy[];
};
export type Release = {
    release: "5.13.0" | "5.14.0" | "5.18.0" | "6.1.176" | "6.1.190" | "6.12.107" | "6.12.118" | "7.3.4";
    /** The series that stands for it. */
    series: ("5.13" | "5.14" | "6.1" | "6.12" | "7.3") | null;
    /** Changes of the release. */
    summary: string;
};
export type Kind = {
    kind: string;
    summary: string;
};
export type Severity = "debug" | "info" | "notice" | "warning";
export type EventKind = {
    kind: string;
    summary: string;
    severity: Severity;
};
export type RequestName = "GET_NESTED_STATE_PAGES" | "MMU_RELOAD" | "MMU_FREE_OBSOLETE_ROOTS" | "MMU_SYNC" | "LOAD_MMU_PGD" | "TLB_FLUSH" | "TLB_FLUSH_CURRENT" | "TLB_FLUSH_GUEST" | "HV_TLB_FLUSH" | "TRIPLE_FAULT" | "STEAL_UPDATE";
export type Model = {
    version: string;
    /** Series; each stands for a release. */
    kernels: ("5.13" | "5.14" | "6.1" | "6.12" | "7.3")[];
    releases: Release[];
    vendors: string[];
    pagings: string[];
    commands: Kind[];
    events: EventKind[];
    /** In the order in which VM-entry services them. */
    requests: RequestName[];
    bounds: {
        vms: number;
        idleMs: number;
        journalBytes: number;
        vcpusPerVm: number;
        vcpus: number;
        prevRoots: number;
        defectsPerVm: number;
        mmuPages: number;
        vmcsRegionsPerVm: number;
        tlbEntries: number;
        memslots: number;
        memoryPagesPerVm: number;
        memoryPages: number;
        pagesPerMap: number;
        commandsPerBatch: number;
        targetBytes: number;
        bodyBytes: number;
        requestMs: number;
        drainMs: number;
        vmKeptSeconds: number | null;
        historyRecordsPerVm: number;
        historyRecords: number;
        snapshotsPerVm: number;
        snapshotBytes: number;
        commandsPerCase: number;
        excerptPages: number;
        commandsPerWorkload: number;
        differencesPerPage: number;
        momentMachines: number;
        momentPages: number;
        momentMarks: number;
        commandsPerCoverage: number;
        coverageMachines: number;
        triplesPerCoverage: number;
        triplesPerPage: number;
        recordsPerSearch: number;
        timelineBuckets: number;
        timelineCells: number;
        framesPerPage: number;
        shadowPagesPerPage: number;
        tlbEntriesPerPage: number;
        memoryBytesPerPage: number;
        streams: number;
        streamBufferBytes: number;
        streamFrameBytes: number;
        heartbeatMs: number;
        fleetStreams: number;
        lifeRecords: number;
        waits: number;
        waitMs: number;
        jobs: number;
        jobsRunning: number;
        jobsKept: number;
        jobKeptMs: number;
        jobSliceMs: number;
        shardThreads: number;
        shardsAhead: number;
        jobPages: number;
        jobResultPages: number;
        traceBytes: number;
        traceStoreBytes: number;
        triesPerShrink: number;
        priceLists: number;
        lanesPerRace: number;
        lanesPerVm: number;
        stepsPerRace: number;
        cellsPerSweep: number;
        stepsPerSweep: number;
        expectations: number;
        checks: number;
        vmsPerTag: number;
        tagsPerVm: number;
        ttlSeconds: number;
        commandsTried: number;
        commandLineBytes: number;
        idempotencyKeys: number;
        idempotencyBytes: number;
        idempotencyAnswerBytes: number;
        idempotencyMs: number;
        clientRequestsPerSecond: number | null;
        eventLoopDelayMs: number;
        heapBytes: number;
    };
    notModelled: string[];
};
export type Lifetime = {
    first: string;
    /** Of mainline; null: it is there to this day. */
    last: string | null;
    /** Of stable series. */
    lastOf?: {
        [key: string]: string;
    };
    /** Commit. */
    repair: string | null;
    seenOn?: string[];
};
export type Exhibit = {
    name: string;
    /** `hole`: of mainline. `trap`: of a policy. */
    hall: "hole" | "trap" | "bug" | "mutant";
    title: string;
    /** Commit that fixed it, mail that proposed it, or `mutant`. */
    source: string;
    /** The mistake. */
    what: string;
    /** Null: no release ever had it. */
    lifetime: Lifetime | null;
    /** Function of the mistake. */
    where: string;
    /** The judge that catches it: except for `oracle`, the guest sees no wrong translation. */
    judge: "oracle" | "conformance" | "invariant" | "assertion" | "economy";
};
export type Museum = {
    exhibits: Exhibit[];
};
export type KernelName = "5.13" | "5.14" | "6.1" | "6.12" | "7.3" | "5.13.0" | "5.14.0" | "5.18.0" | "6.1.176" | "6.1.190" | "6.12.107" | "6.12.118" | "7.3.4";
export type TlbOption = ("ideal" | "off") | {
    entries: number;
};
export type DefectName = "ept-fault-syncs-current-only" | "invept-eptp-unchecked" | "invept-syncs-current-only" | "invept-matches-whole-eptp" | "invvpid-keeps-l2-roots" | "fault-injected-without-sync" | "transition-syncs-current-only" | "mov-cr3-syncs-current-only" | "pcide-keeps-roots" | "tdp-pcid-unflushed" | "new-vpid12-unsynced" | "guest-flush-names-vpid01" | "l2-without-vpid-unflushed" | "guest-flush-late" | "invlpg-walks-arch-mmu" | "invpcid-without-paging-crashes" | "shadow-page-shared-by-rights" | "transition-flushes-eptp-left" | "pdptes-kept" | "vmfunc-keeps-ad" | "canonical-by-la57" | "direct-page-any-gfn" | "direct-page-any-role" | "linked-unsynced" | "mmio-over-present" | "nx-reserved-in-shadow" | "ept-bit-7-unchecked" | "vmx-exit-unhandled" | "cr3-bit-63-kept" | "vpid-0-entered" | "pae-root-unknown" | "preempted-twice-loses-flush" | "hv-flush-non-canonical" | "wp-toggle-frees-tdp-roots" | "obsolete-roots-by-current" | "pcid-flush-skips-flush" | "pcid-flush-skips-sync" | "pcid-flush-spares-prev-roots" | "synced-roots-spared" | "pcid-compared-without-bit-11" | "last-slot-missed" | "rotation-loses-marks" | "pgd-compared-by-frame" | "role-without-guest-mode" | "load-skips-sync" | "load-skips-flush" | "pae-root-synced-in-part" | "guest-flush-skips-sync" | "guest-flush-skips-hardware" | "guest-flush-spares-prev-roots" | "guest-flush-asks-first" | "dummy-root-kept" | "invlpg-current-root-only" | "invlpg-skips-hardware" | "invpcid-address-current-root-only" | "invept-all-as-single" | "invept-spares-current" | "mark-without-sync" | "mark-without-flush" | "current-mark-ignored" | "sync-request-unserviced" | "flush-request-unserviced" | "tlb-flush-withdraws-guest-flush" | "remote-flush-first-vcpu-only" | "request-without-kick" | "mov-cr3-same-value-ignored" | "pge-toggle-ignored" | "pcide-off-ignored" | "invpcid-all-as-single" | "globals-survive-pge" | "invvpid-flushes-vpid01" | "vmfunc-keeps-root" | "transition-unflushed" | "vpid12-change-unnoticed" | "tlb-tag-without-pcid" | "tlb-tag-without-vpid" | "global-without-pge" | "fault-keeps-tlb-entry" | "flush-current-names-vpid01" | "unsync-not-propagated" | "link-hides-unsync" | "sync-skips-last-entry" | "sync-keeps-rights" | "sync-keeps-absent" | "sync-stops-after-batch" | "sync-without-write-protect" | "write-protect-first-mapping-only" | "rmap-loses-second-mapping" | "write-tracking-lost" | "tracked-write-zaps-nothing" | "zap-of-root-unannounced" | "invlpg-keeps-leaf" | "dirty-bit-lost" | "accessed-bit-lost" | "quadrant-lost" | "wp-override-keeps-user" | "wp-override-keeps-exec" | "page-found-without-wp" | "hv-queue-drops-overflow" | "hv-flush-first-page-only" | "steal-flush-skipped";
export type CpuidFeatures = {
    /** Process-context identifiers. Default: true. */
    pcid?: boolean;
    /** The INVPCID instruction. Default: true. */
    invpcid?: boolean;
    /** Execute disable. Default: true. */
    nx?: boolean;
    /** 57-bit linear addresses. Default: false. */
    la57?: boolean;
    /** CR4.SMEP. Default: true. */
    smep?: boolean;
    /** CR4.SMAP. Default: true. */
    smap?: boolean;
    /** CR4.UMIP. Default: true. */
    umip?: boolean;
    /** CR4.FSGSBASE. Default: true. */
    fsgsbase?: boolean;
    /** CR4.OSXSAVE. Default: true. */
    xsave?: boolean;
    /** CR4.PKE; with paging `ept` alone. Default: true. */
    pku?: boolean;
    /** CR4.PKS, which no Linux offers; with paging `ept` alone. Default: false. */
    pks?: boolean;
    /** CR4.CET. Default: false. */
    cet?: boolean;
    /** CR4.SMXE. Default: false. */
    smx?: boolean;
    /** Linear-address masking. Default: false. */
    lam?: boolean;
    /** VMX, for an L1 hypervisor; only with vendor `vmx`. Default: true. */
    vmx?: boolean;
    /** The hypercalls of Hyper-V. Default: false. */
    hyperv?: boolean;
};
export type Hex64 = string;
export type VmxCapabilities = {
    /** IA32_VMX_EPT_VPID_CAP. Default: "0xf01063340c1". */
    eptVpidCap?: Hex64;
    /** Secondary control "enable EPT". Default: true. */
    ept?: boolean;
    /** Secondary control "enable VPID". Default: true. */
    vpid?: boolean;
    /** Secondary control "unrestricted guest". Default: true. */
    unrestrictedGuest?: boolean;
    /** IA32_VMX_MISC[24:16]. Default: 4. */
    cr3TargetCountMax?: number;
    /** IA32_VMX_MISC[29]: VMWRITE to exit-information fields. Default: false. */
    vmwriteAnyField?: boolean;
    /** IA32_VMX_TRUE_PINBASED_CTLS: bits 31:0 must be 1 in the control word, bits 63:32 may be. Default: "0xff00000016". */
    pinbasedCtls?: Hex64;
    /** IA32_VMX_TRUE_PROCBASED_CTLS: bits 31:0 must be 1 in the control word, bits 63:32 may be. Default: "0xfff9fffe04006172". */
    procbasedCtls?: Hex64;
    /** IA32_VMX_PROCBASED_CTLS2, less what CPUID, the options above and the kernel do not offer: bits 31:0 must be 1 in the control word, bits 63:32 may be. Default: "0x653fbff00000000". */
    procbasedCtls2?: Hex64;
    /** IA32_VMX_TRUE_EXIT_CTLS, less CET and PKS without CPUID: bits 31:0 must be 1 in the control word, bits 63:32 may be. Default: "0x30ffffff00036dfb". */
    exitCtls?: Hex64;
    /** IA32_VMX_TRUE_ENTRY_CTLS, less CET and PKS without CPUID: bits 31:0 must be 1 in the control word, bits 63:32 may be. Default: "0x51f3ff000011fb". */
    entryCtls?: Hex64;
};
export type PhysicalAddress = string;
export type Memslot = {
    gpa: PhysicalAddress;
    bytes: number;
    /** Address of its backing in the VMM's memory; without it that of `gpa`, or a moved slot's own. */
    userspaceAddr?: PhysicalAddress;
    /** KVM_MEM_READONLY: a write ends as `mmio`. */
    "readonly"?: boolean;
};
export type MemoryWord = {
    gpa: PhysicalAddress;
    value: Hex64;
};
export type MemoryFill = {
    gpa: PhysicalAddress;
    count: number;
    stride: number;
    first: PhysicalAddress;
    step: PhysicalAddress;
};
export type MemoryConfig = {
    /** Default: 4 GiB at 0. Default: [{"gpa":"0x0","bytes":4294967296}]. */
    memslots?: Memslot[];
    words?: MemoryWord[];
    fills?: MemoryFill[];
};
export type Hex32 = string;
export type InitialRegisters = {
    /** Default: "0x80010033". */
    cr0?: Hex64;
    /** Default: "0x0". */
    cr3?: Hex64;
    /** Default: "0xa0". */
    cr4?: Hex64;
    /** Default: "0x500". */
    efer?: Hex64;
    /** Default: "0x0". */
    pkru?: Hex32;
    /** IA32_PKRS. Default: "0x0". */
    pkrs?: Hex32;
};
export type VmConfig = {
    /** Default: 1. */
    vcpus?: number;
    /** Default: "mainline". */
    policy?: PolicyName;
    /** Default: "6.1". */
    kernel?: KernelName;
    /** Default: "vmx". */
    vendor?: "vmx" | "svm";
    /** `shadow`: root_mmu shadows the page tables of L1. `ept`: L1 runs on a direct MMU. Default: "shadow". */
    paging?: "shadow" | "ept";
    /** Default: 3. */
    prevRoots?: number;
    /** Shadow pages: beyond that the oldest that are no root go. KVM_SET_NR_MMU_PAGES. Default: 1024. */
    mmuPages?: number;
    /** `ideal` drops nothing that it was not told to drop; `off` keeps nothing. Default: "ideal". */
    tlb?: TlbOption;
    /** `on`: every access is compared with what the architecture allows. Default: "on". */
    oracle?: "on" | "off";
    /** Mistakes that the model makes on purpose: see GET /v1/museum. */
    defects?: DefectName[];
    /** Module parameter kvm.flush_on_reuse. Default: false. */
    flushOnReuse?: boolean;
    /** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: `get-dirty-log` alone protects nothing anew. Default: "off". */
    manualDirtyLogProtect?: "off" | "on" | "initially-set";
    /** Default: 46. */
    maxphyaddr?: number;
    cpuid?: CpuidFeatures;
    vmx?: VmxCapabilities;
    memory?: MemoryConfig;
    registers?: InitialRegisters;
};
export type VcpuIndex = number;
export type CommandMovCr0 = {
    value: Hex64;
    /** Register operand: 0 is RAX. Default: 0. */
    gpr?: number;
    kind: "mov-cr0";
    vcpu: VcpuIndex;
};
export type CommandMovCr3 = {
    value: Hex64;
    /** Register operand: 0 is RAX. Default: 0. */
    gpr?: number;
    kind: "mov-cr3";
    vcpu: VcpuIndex;
};
export type CommandMovCr4 = {
    value: Hex64;
    /** Register operand: 0 is RAX. Default: 0. */
    gpr?: number;
    kind: "mov-cr4";
    vcpu: VcpuIndex;
};
export type CommandMovFromCr3 = {
    /** Register operand: 0 is RAX. Default: 0. */
    gpr?: number;
    kind: "mov-from-cr3";
    vcpu: VcpuIndex;
};
export type CommandWrmsrEfer = {
    value: Hex64;
    kind: "wrmsr-efer";
    vcpu: VcpuIndex;
};
export type CommandWrmsrPkrs = {
    value: Hex64;
    kind: "wrmsr-pkrs";
    vcpu: VcpuIndex;
};
export type CommandWrpkru = {
    value: Hex32;
    /** Default: 0. */
    ecx?: number;
    /** Must be 0, and so must ECX. Default: 0. */
    edx?: number;
    kind: "wrpkru";
    vcpu: VcpuIndex;
};
export type OperandForm = "memory" | "register" | "lock";
export type CommandInvlpg = {
    gva: Hex64;
    /** Default: "memory". */
    encoding?: OperandForm;
    kind: "invlpg";
    vcpu: VcpuIndex;
};
export type Operand64 = number | string;
export type DescriptorOperand = {
    /** Default: "ds". */
    segment?: "ds" | "ss";
    gva: Hex64;
};
export type CommandInvpcid = {
    "type": Operand64;
    pcid: Operand64;
    gva: Hex64;
    /** Default: "memory". */
    encoding?: OperandForm;
    operand?: DescriptorOperand | null;
    kind: "invpcid";
    vcpu: VcpuIndex;
};
export type CommandVmxon = {
    address: Hex64;
    /** Revision identifier that L1 stored in the region. Default: 300252880. */
    revision?: number;
    kind: "vmxon";
    vcpu: VcpuIndex;
};
export type CommandVmxoff = {
    kind: "vmxoff";
    vcpu: VcpuIndex;
};
export type CommandVmclear = {
    address: Hex64;
    kind: "vmclear";
    vcpu: VcpuIndex;
};
export type CommandVmptrld = {
    address: Hex64;
    /** Revision identifier that L1 stored in the region. Default: 300252880. */
    revision?: number;
    kind: "vmptrld";
    vcpu: VcpuIndex;
};
export type VmcsField = ("VIRTUAL_PROCESSOR_ID" | "POSTED_INTR_NV" | "EPTP_INDEX" | "HLAT_PREFIX_SIZE" | "LAST_PID_POINTER_INDEX" | "GUEST_ES_SELECTOR" | "GUEST_CS_SELECTOR" | "GUEST_SS_SELECTOR" | "GUEST_DS_SELECTOR" | "GUEST_FS_SELECTOR" | "GUEST_GS_SELECTOR" | "GUEST_LDTR_SELECTOR" | "GUEST_TR_SELECTOR" | "GUEST_INTR_STATUS" | "GUEST_PML_INDEX" | "GUEST_UINV" | "HOST_ES_SELECTOR" | "HOST_CS_SELECTOR" | "HOST_SS_SELECTOR" | "HOST_DS_SELECTOR" | "HOST_FS_SELECTOR" | "HOST_GS_SELECTOR" | "HOST_TR_SELECTOR" | "IO_BITMAP_A" | "IO_BITMAP_B" | "MSR_BITMAP" | "VM_EXIT_MSR_STORE_ADDR" | "VM_EXIT_MSR_LOAD_ADDR" | "VM_ENTRY_MSR_LOAD_ADDR" | "EXECUTIVE_VMCS_POINTER" | "PML_ADDRESS" | "TSC_OFFSET" | "VIRTUAL_APIC_PAGE_ADDR" | "APIC_ACCESS_ADDR" | "POSTED_INTR_DESC_ADDR" | "VM_FUNCTION_CONTROL" | "EPT_POINTER" | "EOI_EXIT_BITMAP0" | "EOI_EXIT_BITMAP1" | "EOI_EXIT_BITMAP2" | "EOI_EXIT_BITMAP3" | "EPTP_LIST_ADDRESS" | "VMREAD_BITMAP" | "VMWRITE_BITMAP" | "VE_INFORMATION_ADDRESS" | "XSS_EXIT_BITMAP" | "ENCLS_EXITING_BITMAP" | "SUB_PAGE_PERMISSION_TABLE_POINTER" | "TSC_MULTIPLIER" | "TERTIARY_VM_EXEC_CONTROL" | "ENCLV_EXITING_BITMAP" | "LOW_PASID_DIRECTORY" | "HIGH_PASID_DIRECTORY" | "SHARED_EPT_POINTER" | "PCONFIG_EXITING_BITMAP" | "HLAT_POINTER" | "PID_POINTER_TABLE" | "SECONDARY_VM_EXIT_CONTROLS" | "SPEC_CTRL_MASK" | "SPEC_CTRL_SHADOW" | "GUEST_PHYSICAL_ADDRESS" | "VMCS_LINK_POINTER" | "GUEST_IA32_DEBUGCTL" | "GUEST_IA32_PAT" | "GUEST_IA32_EFER" | "GUEST_IA32_PERF_GLOBAL_CTRL" | "GUEST_PDPTR0" | "GUEST_PDPTR1" | "GUEST_PDPTR2" | "GUEST_PDPTR3" | "GUEST_BNDCFGS" | "GUEST_IA32_RTIT_CTL" | "GUEST_IA32_LBR_CTL" | "GUEST_IA32_PKRS" | "HOST_IA32_PAT" | "HOST_IA32_EFER" | "HOST_IA32_PERF_GLOBAL_CTRL" | "HOST_IA32_PKRS" | "PIN_BASED_VM_EXEC_CONTROL" | "CPU_BASED_VM_EXEC_CONTROL" | "EXCEPTION_BITMAP" | "PAGE_FAULT_ERROR_CODE_MASK" | "PAGE_FAULT_ERROR_CODE_MATCH" | "CR3_TARGET_COUNT" | "VM_EXIT_CONTROLS" | "VM_EXIT_MSR_STORE_COUNT" | "VM_EXIT_MSR_LOAD_COUNT" | "VM_ENTRY_CONTROLS" | "VM_ENTRY_MSR_LOAD_COUNT" | "VM_ENTRY_INTR_INFO_FIELD" | "VM_ENTRY_EXCEPTION_ERROR_CODE" | "VM_ENTRY_INSTRUCTION_LEN" | "TPR_THRESHOLD" | "SECONDARY_VM_EXEC_CONTROL" | "PLE_GAP" | "PLE_WINDOW" | "INSTRUCTION_TIMEOUT_CONTROL" | "VM_INSTRUCTION_ERROR" | "VM_EXIT_REASON" | "VM_EXIT_INTR_INFO" | "VM_EXIT_INTR_ERROR_CODE" | "IDT_VECTORING_INFO_FIELD" | "IDT_VECTORING_ERROR_CODE" | "VM_EXIT_INSTRUCTION_LEN" | "VMX_INSTRUCTION_INFO" | "GUEST_ES_LIMIT" | "GUEST_CS_LIMIT" | "GUEST_SS_LIMIT" | "GUEST_DS_LIMIT" | "GUEST_FS_LIMIT" | "GUEST_GS_LIMIT" | "GUEST_LDTR_LIMIT" | "GUEST_TR_LIMIT" | "GUEST_GDTR_LIMIT" | "GUEST_IDTR_LIMIT" | "GUEST_ES_AR_BYTES" | "GUEST_CS_AR_BYTES" | "GUEST_SS_AR_BYTES" | "GUEST_DS_AR_BYTES" | "GUEST_FS_AR_BYTES" | "GUEST_GS_AR_BYTES" | "GUEST_LDTR_AR_BYTES" | "GUEST_TR_AR_BYTES" | "GUEST_INTERRUPTIBILITY_INFO" | "GUEST_ACTIVITY_STATE" | "GUEST_SMBASE" | "GUEST_SYSENTER_CS" | "VMX_PREEMPTION_TIMER_VALUE" | "HOST_IA32_SYSENTER_CS" | "CR0_GUEST_HOST_MASK" | "CR4_GUEST_HOST_MASK" | "CR0_READ_SHADOW" | "CR4_READ_SHADOW" | "CR3_TARGET_VALUE0" | "CR3_TARGET_VALUE1" | "CR3_TARGET_VALUE2" | "CR3_TARGET_VALUE3" | "EXIT_QUALIFICATION" | "EXIT_IO_RCX" | "EXIT_IO_RSI" | "EXIT_IO_RDI" | "EXIT_IO_RIP" | "GUEST_LINEAR_ADDRESS" | "GUEST_CR0" | "GUEST_CR3" | "GUEST_CR4" | "GUEST_ES_BASE" | "GUEST_CS_BASE" | "GUEST_SS_BASE" | "GUEST_DS_BASE" | "GUEST_FS_BASE" | "GUEST_GS_BASE" | "GUEST_LDTR_BASE" | "GUEST_TR_BASE" | "GUEST_GDTR_BASE" | "GUEST_IDTR_BASE" | "GUEST_DR7" | "GUEST_RSP" | "GUEST_RIP" | "GUEST_RFLAGS" | "GUEST_PENDING_DBG_EXCEPTIONS" | "GUEST_SYSENTER_ESP" | "GUEST_SYSENTER_EIP" | "GUEST_S_CET" | "GUEST_SSP" | "GUEST_INTR_SSP_TABLE" | "HOST_CR0" | "HOST_CR3" | "HOST_CR4" | "HOST_FS_BASE" | "HOST_GS_BASE" | "HOST_TR_BASE" | "HOST_GDTR_BASE" | "HOST_IDTR_BASE" | "HOST_IA32_SYSENTER_ESP" | "HOST_IA32_SYSENTER_EIP" | "HOST_RSP" | "HOST_RIP" | "HOST_S_CET" | "HOST_SSP" | "HOST_INTR_SSP_TABLE") | string;
export type CommandVmread = {
    field: VmcsField;
    kind: "vmread";
    vcpu: VcpuIndex;
};
export type CommandVmwrite = {
    field: VmcsField;
    value: Hex64;
    kind: "vmwrite";
    vcpu: VcpuIndex;
};
export type CommandVmlaunch = {
    kind: "vmlaunch";
    vcpu: VcpuIndex;
};
export type CommandVmresume = {
    kind: "vmresume";
    vcpu: VcpuIndex;
};
export type CommandInvept = {
    "type": Operand64;
    eptp: Hex64;
    /** Default: "memory". */
    encoding?: OperandForm;
    operand?: DescriptorOperand | null;
    kind: "invept";
    vcpu: VcpuIndex;
};
export type CommandInvvpid = {
    "type": Operand64;
    vpid: Operand64;
    gva: Hex64;
    /** Default: "memory". */
    encoding?: OperandForm;
    operand?: DescriptorOperand | null;
    kind: "invvpid";
    vcpu: VcpuIndex;
};
export type CommandVmfunc = {
    /** EAX. Default: 0. */
    "function"?: number;
    /** ECX. Default: 0. */
    index?: number;
    kind: "vmfunc";
    vcpu: VcpuIndex;
};
export type CommandVmexit = {
    /** Basic exit reason. Default: 18. */
    reason?: number;
    qualification?: Hex64;
    /** KVM reports the exit for an event, without running L2 first (to v5.19). */
    synthesized?: true;
    kind: "vmexit";
    vcpu: VcpuIndex;
};
export type CommandPvFlush = {
    vcpus: VcpuIndex[];
    kind: "pv-flush";
    vcpu: VcpuIndex;
};
export type VpBank = {
    bank: number;
    mask: Hex64;
};
export type CommandHvFlush = {
    call: "HvCallFlushVirtualAddressSpace" | "HvCallFlushVirtualAddressList" | "HvCallFlushVirtualAddressSpaceEx" | "HvCallFlushVirtualAddressListEx";
    /** CR3 of the address space, unless bit 1 of `flags`. Default: "0x0". */
    addressSpace?: Hex64;
    /** Bit 0: all processors; 1: all address spaces; 2: spare global pages. Default: 3. */
    flags?: number;
    /** Without `Ex`; none means all. Default: "0x0". */
    processorMask?: Hex64;
    /** With `Ex`; null: all. */
    vpSet?: VpBank[] | null;
    /** Of a list: bits 11:0 count the pages that follow the first. */
    gvas?: Hex64[];
    kind: "hv-flush";
    vcpu: VcpuIndex;
};
export type CommandVmrun = {
    /** nCR3. Without it nested paging is off. */
    nestedCr3?: Hex64;
    /** Guest mode execute trap; KVM knows it since 7.3. Default: false. */
    gmet?: boolean;
    /** Default: 1. */
    asid?: number;
    /** Registers of L2; without them those of L1. */
    cr0?: Hex64;
    cr3?: Hex64;
    cr4?: Hex64;
    efer?: Hex64;
    /** Default: 0. */
    cpl?: number;
    kind: "vmrun";
    vcpu: VcpuIndex;
};
export type CommandRead = {
    gva: Hex64;
    /** Bytes that are accessed. Default: 8. */
    bytes?: 1 | 2 | 4 | 8;
    /** Access at CPL 3, whatever the CPL is. Default: false. */
    user?: boolean;
    /** EFLAGS.AC: a supervisor may touch user pages. Default: false. */
    ac?: boolean;
    kind: "read";
    vcpu: VcpuIndex;
};
export type CommandWrite = {
    gva: Hex64;
    value: Hex64;
    /** Bytes that are accessed. Default: 8. */
    bytes?: 1 | 2 | 4 | 8;
    /** Access at CPL 3, whatever the CPL is. Default: false. */
    user?: boolean;
    /** EFLAGS.AC: a supervisor may touch user pages. Default: false. */
    ac?: boolean;
    kind: "write";
    vcpu: VcpuIndex;
};
export type CommandExecute = {
    gva: Hex64;
    /** Access at CPL 3, whatever the CPL is. Default: false. */
    user?: boolean;
    kind: "execute";
    vcpu: VcpuIndex;
};
export type CommandLoadRoot = {
    pgd: Hex64;
    kind: "load-root";
    vcpu: VcpuIndex;
};
export type CommandEnter = {
    kind: "enter";
    vcpu: VcpuIndex;
};
export type CommandMakeRequest = {
    request: RequestName;
    kind: "make-request";
    vcpu: VcpuIndex;
};
export type CommandZapAll = {
    kind: "zap-all";
    vcpu: VcpuIndex;
};
export type MemslotId = number;
export type CommandSetMemslot = {
    slot: MemslotId;
    /** Null deletes the memslot. */
    memslot: Memslot | null;
    kind: "set-memslot";
    vcpu: VcpuIndex;
};
export type CommandHostWrite = {
    gpa: PhysicalAddress;
    value: Hex64;
    kind: "host-write";
    vcpu: VcpuIndex;
};
export type CommandPreempt = {
    kind: "preempt";
    vcpu: VcpuIndex;
};
export type CommandSetCpuid = {
    cpuid?: CpuidFeatures;
    /** Default: 46. */
    maxphyaddr?: number;
    kind: "set-cpuid";
    vcpu: VcpuIndex;
};
export type CommandGetNestedState = {
    kind: "get-nested-state";
    vcpu: VcpuIndex;
};
export type CommandSetNestedState = {
    /** The VMXON region; null: L1 is outside VMX operation. */
    vmxon?: Hex64 | null;
    /** The current VMCS, as the VM holds it; null: none. */
    vmcs12?: Hex64 | null;
    /** L2 runs, from that VMCS. Default: false. */
    guestMode?: boolean;
    kind: "set-nested-state";
    vcpu: VcpuIndex;
};
export type CommandSmi = {
    kind: "smi";
    vcpu: VcpuIndex;
};
export type CommandRsm = {
    kind: "rsm";
    vcpu: VcpuIndex;
};
export type CommandInit = {
    kind: "init";
    vcpu: VcpuIndex;
};
export type CommandDirtyLog = {
    slot: MemslotId;
    enabled: boolean;
    kind: "dirty-log";
    vcpu: VcpuIndex;
};
export type CommandGetDirtyLog = {
    slot: MemslotId;
    kind: "get-dirty-log";
    vcpu: VcpuIndex;
};
export type PageRun = {
    /** Number of the page in its memslot. */
    first: number;
    count: number;
};
export type CommandClearDirtyLog = {
    slot: MemslotId;
    /** A multiple of 64. Default: 0. */
    firstPage?: number;
    /** A multiple of 64, or all up to the end. */
    pages: number;
    /** The pages among them that are meant; without it all. */
    dirty?: PageRun[];
    kind: "clear-dirty-log";
    vcpu: VcpuIndex;
};
export type CommandUnmap = {
    gpa: PhysicalAddress;
    /** A multiple of 4096. Default: 4096. */
    bytes?: number;
    kind: "unmap";
    vcpu: VcpuIndex;
};
export type CommandMap = {
    /** CR3, or the EPT pointer, of the address space. */
    root: Hex64;
    /** `paging`: tables of the mode in which the vCPU runs. `ept`: an EPT of L1. Default: "paging". */
    format?: "paging" | "ept";
    /** First linear address, or for an EPT guest-physical address of L2. */
    address: Hex64;
    /** Guest-physical address that it leads to. */
    gpa: PhysicalAddress;
    /** Default: 1. */
    pages?: number;
    /** Default: "4k". */
    pageSize?: "4k" | "2m" | "1g";
    /** Default: true. */
    write?: boolean;
    /** Default: true. */
    execute?: boolean;
    /** For an EPT: readable. Default: true. */
    user?: boolean;
    /** Default: false. */
    "global"?: boolean;
    /** Set A and D in the entries. Default: true. */
    accessedDirty?: boolean;
    /** First page for new tables; they take pages in rising order. */
    tables: PhysicalAddress;
    kind: "map";
    vcpu: VcpuIndex;
};
export type CommandSetSregs = {
    cr0?: Hex64;
    cr3?: Hex64;
    cr4?: Hex64;
    efer?: Hex64;
    cpl?: number;
    csL?: boolean;
    vm86?: boolean;
    kind: "set-sregs";
    vcpu: VcpuIndex;
};
export type MmuName = "root" | "guest";
export type Slot = string;
export type CommandFreeRoots = {
    mmu: MmuName;
    /** Slots; an empty list means all. */
    roots?: Slot[];
    kind: "free-roots";
    vcpu: VcpuIndex;
};
export type CommandResetContext = {
    kind: "reset-context";
    vcpu: VcpuIndex;
};
export type Command = CommandMovCr0 | CommandMovCr3 | CommandMovCr4 | CommandMovFromCr3 | CommandWrmsrEfer | CommandWrmsrPkrs | CommandWrpkru | CommandInvlpg | CommandInvpcid | CommandVmxon | CommandVmxoff | CommandVmclear | CommandVmptrld | CommandVmread | CommandVmwrite | CommandVmlaunch | CommandVmresume | CommandInvept | CommandInvvpid | CommandVmfunc | CommandVmexit | CommandPvFlush | CommandHvFlush | CommandVmrun | CommandRead | CommandWrite | CommandExecute | CommandLoadRoot | CommandEnter | CommandMakeRequest | CommandZapAll | CommandSetMemslot | CommandHostWrite | CommandPreempt | CommandSetCpuid | CommandGetNestedState | CommandSetNestedState | CommandSmi | CommandRsm | CommandInit | CommandDirtyLog | CommandGetDirtyLog | CommandClearDirtyLog | CommandUnmap | CommandMap | CommandSetSregs | CommandFreeRoots | CommandResetContext;
export type Scene = {
    exhibit: Exhibit;
    /** Configuration with the mistake. */
    config: VmConfig;
    /** Configuration without it: no judge objects. */
    soundConfig: VmConfig;
    commands: Command[];
    /** Number of commands that only prepare the machine. */
    stageCommands: number;
};
export type Certificate = {
    /** Version. */
    mmulab: string;
    /** The command that makes the graphs again, and compares. */
    makeAgain: string;
    /** Texts below `spec/`. */
    specification: {
        file: string;
        sha256: string;
    }[];
    checkers: {
        name: string;
        version: string;
    }[];
    machines: {
        policy: PolicyName;
        slots: number;
        spaces: number;
        states: number;
        edges: number;
        /** Of the sorted edges, joined by line feeds: SHA-256 begins so. */
        digest: string;
    }[];
};
export type VmName = string;
export type VmTags = {
    [key: string]: string;
};
export type Lane = {
    policy: PolicyName;
    prevRoots?: number;
};
export type Lanes = Lane[];
export type VmCreation = {
    /** Default: 1. */
    vcpus?: number;
    /** Default: "mainline". */
    policy?: PolicyName;
    /** Default: "6.1". */
    kernel?: KernelName;
    /** Default: "vmx". */
    vendor?: "vmx" | "svm";
    /** `shadow`: root_mmu shadows the page tables of L1. `ept`: L1 runs on a direct MMU. Default: "shadow". */
    paging?: "shadow" | "ept";
    /** Default: 3. */
    prevRoots?: number;
    /** Shadow pages: beyond that the oldest that are no root go. KVM_SET_NR_MMU_PAGES. Default: 1024. */
    mmuPages?: number;
    /** `ideal` drops nothing that it was not told to drop; `off` keeps nothing. Default: "ideal". */
    tlb?: TlbOption;
    /** `on`: every access is compared with what the architecture allows. Default: "on". */
    oracle?: "on" | "off";
    /** Mistakes that the model makes on purpose: see GET /v1/museum. */
    defects?: DefectName[];
    /** Module parameter kvm.flush_on_reuse. Default: false. */
    flushOnReuse?: boolean;
    /** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: `get-dirty-log` alone protects nothing anew. Default: "off". */
    manualDirtyLogProtect?: "off" | "on" | "initially-set";
    /** Default: 46. */
    maxphyaddr?: number;
    cpuid?: CpuidFeatures;
    vmx?: VmxCapabilities;
    memory?: MemoryConfig;
    registers?: InitialRegisters;
    /** Default: null. */
    name?: VmName | null;
    tags?: VmTags;
    /** Seconds after which a VM is deleted that got no request; null: never. Default: null. */
    ttlSeconds?: number | null;
    lanes?: Lanes;
};
export type VmId = string;
export type Seq = number;
export type RuleBroken = {
    rule: string;
    count: number;
    /** The first time. */
    first: Seq;
    /** The last time. */
    last: Seq;
};
export type OracleState = {
    /** Uses that the architecture did not allow. */
    violations: number;
    /** Uses that could not be judged, because too much was forgotten. */
    undecided: number;
};
export type Vm = {
    id: VmId;
    /** Sequence number of the newest command or event; 0 before the first. */
    seq: Seq;
    /** The model failed on this VM, which takes no more commands. */
    poisoned: boolean;
    /** The command and the assertion that failed; null: none. */
    failure: string | null;
    /** Rules that it has broken since it was made. */
    violations: RuleBroken[];
    /** Its name for people. */
    name: VmName | null;
    tags: VmTags;
    /** Seconds after which a VM is deleted that got no request; null: never. */
    ttlSeconds: number | null;
    /** Seconds until it is deleted unless it is used; null: never. */
    expiresInSeconds: number | null;
    /** Policies that run beside it; absent if there are none. */
    lanes?: Lanes;
    /** The trace that its first commands are from; absent if from none. */
    trace?: {
        job: string;
        name: string;
        vm: number;
    };
    /** Findings of the oracle on all vCPUs; null: it is off. */
    found: OracleState | null;
    vcpus?: number;
    policy?: PolicyName;
    kernel?: KernelName;
    vendor?: "vmx" | "svm";
    /** `shadow`: root_mmu shadows the page tables of L1. `ept`: L1 runs on a direct MMU. */
    paging?: "shadow" | "ept";
    prevRoots?: number;
    /** Shadow pages: beyond that the oldest that are no root go. KVM_SET_NR_MMU_PAGES. */
    mmuPages?: number;
    /** `ideal` drops nothing that it was not told to drop; `off` keeps nothing. */
    tlb?: TlbOption;
    /** `on`: every access is compared with what the architecture allows. */
    oracle?: "on" | "off";
    /** Mistakes that the model makes on purpose: see GET /v1/museum. */
    defects?: DefectName[];
    /** Module parameter kvm.flush_on_reuse. */
    flushOnReuse?: boolean;
    /** KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: `get-dirty-log` alone protects nothing anew. */
    manualDirtyLogProtect?: "off" | "on" | "initially-set";
    maxphyaddr?: number;
    cpuid?: CpuidFeatures;
    vmx?: VmxCapabilities;
    memory?: MemoryConfig;
    registers?: InitialRegisters;
};
export type Digits = number;
export type VmSummary = {
    id: VmId;
    /** Sequence number of the newest command or event; 0 before the first. */
    seq: Seq;
    /** The model failed on this VM, which takes no more commands. */
    poisoned: boolean;
    /** The command and the assertion that failed; null: none. */
    failure: string | null;
    /** Rules that it has broken since it was made. */
    violations: RuleBroken[];
    /** Its name for people. */
    name: VmName | null;
    tags: VmTags;
    /** Findings of the oracle on all vCPUs; null: it is off. */
    found: OracleState | null;
    vcpus?: number;
    policy?: PolicyName;
    kernel?: KernelName;
    vendor?: "vmx" | "svm";
    /** `shadow`: root_mmu shadows the page tables of L1. `ept`: L1 runs on a direct MMU. */
    paging?: "shadow" | "ept";
};
export type VmPage = {
    vms: VmSummary[];
    /** `cursor` of the next page; null if this is the last. */
    next: string | null;
    /** VMs selected, on this page or not. */
    total: number;
};
export type VmsDeleted = {
    /** Number of VMs that were deleted. */
    deleted: number;
};
export type LabelsPatch = {
    name?: VmName | null;
    tags?: {
        [key: string]: string | null;
    };
    /** Seconds after which a VM is deleted that got no request; null: never. */
    ttlSeconds?: number | null;
};
export type StealState = {
    /** The host has scheduled the vCPU out. */
    preempted: boolean;
    /** The guest asks for a flush before the vCPU runs again. */
    flushTlb: boolean;
};
export type RootState = {
    pgd: Hex64;
    hpa: PhysicalAddress;
    /** Marked: it owes a sync or a flush before it is used again. */
    unsync: boolean;
};
export type MmuState = {
    root: RootState | null;
    prevRoots: (RootState | null)[];
    /** Role that a root must have to be usable. */
    role: Hex32;
};
export type NestedState = {
    /** VMXON region; null outside VMX operation. */
    vmxon: PhysicalAddress | null;
    currentVmcs: PhysicalAddress | null;
    /** L2 is running. */
    guestMode: boolean;
    /** EPT pointer of the current vmcs12, if EPT is enabled. */
    eptp: Hex64 | null;
    /** nCR3 of the L2 that runs by VMRUN. */
    nestedCr3: Hex64 | null;
    vpid: number | null;
    /** VM-instruction error field of the current VMCS. */
    instructionError: number | null;
};
export type Counters = {
    reusedCurrent: number;
    reusedPrevious: number;
    missed: number;
    evicted: number;
    freed: number;
    marked: number;
    loaded: number;
    synced: number;
    /** stat.tlb_flush: the flush that ends a load is not in it. */
    tlbFlush: number;
    invlpg: number;
    exits: number;
};
export type VcpuState = {
    vcpu: VcpuIndex;
    /** The one that runs: KVM, or the guest. */
    mode: "host" | "guest";
    cr0: Hex32;
    cr3: Hex64;
    cr4: Hex32;
    efer: Hex32;
    pkru: Hex32;
    /** IA32_PKRS. */
    pkrs: Hex32;
    cpl: number;
    /** The MMU in use: `arch.mmu`. */
    mmu: MmuName;
    /** Pending, in the order of service. */
    requests: RequestName[];
    steal: StealState;
    /** Entries of `tlb_flush_fifo`; all ones: everything. */
    hvFlushes: Hex64[];
    rootMmu: MmuState;
    guestMmu: MmuState;
    nested: NestedState;
    /** System-management mode. */
    smm: boolean;
    /** An INIT is blocked, and waits. */
    initPending: boolean;
    counters: Counters;
    /** Null: the oracle is off. */
    oracle: OracleState | null;
};
export type VcpuList = {
    /** Sequence number of the VM at which these states hold. */
    seq: Seq;
    vcpus: VcpuState[];
};
export type Rights = {
    read: boolean;
    write: boolean;
    execute: boolean;
    /** Access at CPL 3 is allowed too. In an EPT: true if user-mode addresses may be fetched (mode-based execute control), else null. */
    user: boolean | null;
};
export type TlbEntryState = {
    /** Address of the page: linear, or guest-physical by the kind of the context. */
    address: Hex64;
    /** Guest-physical address of L1 that it leads to. */
    gpa: PhysicalAddress;
    rights: Rights;
};
export type TlbContextState = {
    /** Made without EPT, through an EPT from a linear address, or by an EPT alone. */
    kind: "linear" | "combined" | "guest-physical";
    /** Null for guest-physical. */
    vpid: number | null;
    /** Null for guest-physical, and for global pages. */
    pcid: number | null;
    /** Its entries serve every PCID of the VPID. */
    "global": boolean;
    /** The EPT root, its EP4TA; null for linear. */
    root: PhysicalAddress | null;
    /** Entries of the context, here or not. */
    size: number;
    /** The oldest first. */
    entries: TlbEntryState[];
};
export type TlbDump = {
    contexts: TlbContextState[];
    /** Entries of all contexts. */
    size: number;
    /** Entries that it can hold: null if nothing is dropped unasked, 0 if it is off. */
    capacity: number | null;
    /** Sequence number of the VM at which this holds. */
    seq: Seq;
    /** `cursor` of the next part; null if this is the last. */
    next: string | null;
};
export type WalkedEntry = {
    level: number;
    /** Address of the entry; null for a PDPTE register. */
    gpa: PhysicalAddress | null;
    entry: Hex64;
    /** Rights of the entry by itself; null if it is not present. */
    rights: Rights | null;
    accessed: boolean;
    dirty: boolean;
};
export type WalkResultMapped = {
    kind: "mapped";
    gpa: PhysicalAddress;
    /** Level of the entry that maps the page: above 1 for a large page. */
    level: number;
    /** Rights of all entries together. */
    rights: Rights;
    "global": boolean;
    /** True if a memslot holds it; null for an address of L2. */
    memslot: boolean | null;
};
export type WalkResultPageFault = {
    kind: "page-fault";
    errorCode: number;
};
export type WalkResultNotCanonical = {
    kind: "not-canonical";
};
export type WalkResultMmio = {
    kind: "mmio";
    gpa: PhysicalAddress;
};
export type WalkResultEptViolation = {
    kind: "ept-violation";
    /** Guest-physical address of L2 that cannot be read. */
    gpa: PhysicalAddress;
    qualification: Hex64;
};
export type WalkResultEptMisconfiguration = {
    kind: "ept-misconfiguration";
    gpa: PhysicalAddress;
};
export type WalkResult = WalkResultMapped | WalkResultPageFault | WalkResultNotCanonical | WalkResultMmio | WalkResultEptViolation | WalkResultEptMisconfiguration;
export type WalkDump = {
    /** The paging mode of the guest, or an EPT of L1. */
    tables: "none" | "32-bit" | "PAE" | "4-level" | "5-level" | "ept";
    /** CR3 or the EPT pointer. */
    root: Hex64;
    address: Hex64;
    /** From the top, as far as the processor would read. */
    entries: WalkedEntry[];
    result: WalkResult;
    /** Sequence number of the VM at which this holds. */
    seq: Seq;
};
export type SpteIndex = number;
export type ParentEntry = {
    hpa: PhysicalAddress;
    index: SpteIndex;
};
export type ShadowPageState = {
    hpa: PhysicalAddress;
    /** Guest frame of the table that it shadows, or the first that a direct page maps. */
    gfn: number;
    level: number;
    /** The role as a whole; its parts follow. */
    role: Hex32;
    /** The page maps guest frames as they are: there is no guest table. */
    direct: boolean;
    /** Rights by the tables above it. */
    access: Rights;
    /** The page belongs to L2. */
    guestMode: boolean;
    /** The page was zapped, and lives on as long as a root holds it. */
    invalid: boolean;
    /** Part of a table of 4-byte entries that it shadows; null for a table of 8-byte ones. */
    quadrant: number | null;
    /** The page is no longer used: it was zapped, or is older than the last zap of all. */
    obsolete: boolean;
    /** Root slots that hold it. */
    rootCount: number;
    /** Out of step with its table, which the guest may write. */
    unsync: boolean;
    /** Entries below which something is, or was, unsync. */
    unsyncChildren: number;
    /** Entries that link it. */
    parentCount: number;
    /** The first 64 of them. */
    parents: ParentEntry[];
};
export type ShadowPageList = {
    pages: ShadowPageState[];
    /** Sequence number of the VM at which this holds. */
    seq: Seq;
    /** Shadow pages that were asked for, here or not. */
    total: number;
    /** `cursor` of the next part; null if this is the last. */
    next: string | null;
};
export type SpteState = {
    index: SpteIndex;
    /** The shadow page that it links; null for a leaf. */
    child: PhysicalAddress | null;
    /** The guest frame that a leaf leads to; null for a link. */
    gfn: number | null;
    rights: Rights;
    accessed: boolean;
    dirty: boolean;
    /** There is no memory behind it: an access faults to KVM. */
    mmio: boolean;
    /** Hidden from the processor until its use, which a fault then shows. */
    accessTracked: boolean;
};
export type ShadowPageDump = {
    entries: SpteState[];
    /** Sequence number of the VM at which this holds. */
    seq: Seq;
    page: ShadowPageState;
};
export type MemslotState = {
    slot: MemslotId;
    gpa: PhysicalAddress;
    bytes: number;
    userspaceAddr: PhysicalAddress;
    "readonly": boolean;
    dirtyLog: boolean;
};
export type MemoryDump = {
    /** Eight bytes each; null where no memslot is. */
    words: (Hex64 | null)[];
    /** Address of the first word. */
    gpa: PhysicalAddress;
    memslots: MemslotState[];
    /** Sequence number of the VM at which this holds. */
    seq: Seq;
};
export type OutcomeOk = {
    kind: "ok";
    /** The value that the instruction read, if it reads. */
    value?: Hex64;
    /** The dirty pages, of `get-dirty-log`. */
    dirty?: PageRun[];
};
export type OutcomeFault = {
    kind: "fault";
    vector: "#UD" | "#GP" | "#SS" | "#PF";
    errorCode: number | null;
    /** CR2, for #PF. */
    address?: Hex64;
};
export type OutcomeVmFail = {
    kind: "vm-fail";
    /** Null: VMfailInvalid, no current VMCS. */
    error: number | null;
};
export type OutcomeVmExit = {
    kind: "vm-exit";
    /** Bit 31: the VM entry failed. */
    reason: number;
    qualification: Hex64;
    /** Guest-physical address, where an EPT faulted. */
    gpa?: PhysicalAddress;
    /** Interruption information, where L1 gets a fault. */
    interruption?: Hex32;
};
export type OutcomeMmio = {
    kind: "mmio";
    /** Address in no memslot, or written in a read-only one. */
    gpa: PhysicalAddress;
};
export type OutcomeError = {
    kind: "error";
    errno: "EINVAL" | "EEXIST" | "ENOENT" | "EFAULT" | "EINTR";
};
export type OutcomeShutdown = {
    kind: "shutdown";
};
export type Outcome = OutcomeOk | OutcomeFault | OutcomeVmFail | OutcomeVmExit | OutcomeMmio | OutcomeError | OutcomeShutdown;
export type EventRootReused = {
    kind: "root-reused";
    mmu: MmuName;
    /** The pgd that was asked for; a direct MMU ignores it. */
    pgd: Hex64;
    hpa: PhysicalAddress;
    slot: Slot;
};
export type EventRootMissed = {
    kind: "root-missed";
    mmu: MmuName;
    pgd: Hex64;
};
export type EventRootAllocated = {
    kind: "root-allocated";
    mmu: MmuName;
    pgd: Hex64;
    hpa: PhysicalAddress;
    /** Guest frame number of the page table. */
    gfn: number;
    /** Level of the table: 4 or 5 for a root. */
    level: number;
    /** `special`: a PAE or dummy root, which has no shadow page and is never cached. */
    page: "new" | "existing" | "special";
};
export type EventRootEvicted = {
    kind: "root-evicted";
    mmu: MmuName;
    pgd: Hex64;
    hpa: PhysicalAddress;
};
export type RootCause = "mov-cr3" | "invpcid-single" | "guest-flush" | "cr4-flush" | "pcide-on" | "invept-single" | "invept-all" | "invvpid" | "unload" | "obsolete" | "uncacheable" | "vmcs12-released" | "pdptes-changed" | "free-roots";
export type EventRootFreed = {
    kind: "root-freed";
    mmu: MmuName;
    slot: Slot;
    pgd: Hex64;
    hpa: PhysicalAddress;
    cause: RootCause;
};
export type EventRootMarkedUnsync = {
    kind: "root-marked-unsync";
    mmu: MmuName;
    slot: Slot;
    pgd: Hex64;
    hpa: PhysicalAddress;
    cause: RootCause;
};
export type EventRootSynced = {
    kind: "root-synced";
    mmu: MmuName;
    pgd: Hex64;
    hpa: PhysicalAddress;
    /** Pages below it that were unsync. */
    pages: number;
    /** Pages among them that were stale. */
    changed: number;
};
export type EventRequestMade = {
    kind: "request-made";
    request: RequestName;
};
export type EventRequestServiced = {
    kind: "request-serviced";
    request: RequestName;
};
export type EventTlbFlushed = {
    kind: "tlb-flushed";
    /** KVM, or the processor executing an instruction itself. */
    by: "kvm" | "cpu";
    /** KVM's helper, or for `cpu` what the instruction covers. */
    scope: "all" | "current" | "guest" | "address" | "pcid" | "context";
    /** Tag, where one was named. */
    vpid: number | null;
    pcid: number | null;
    /** Shadow EPT root whose EP4TA was named. */
    root: PhysicalAddress | null;
    address: Hex64 | null;
    /** Pages from `address` on. */
    pages?: number;
};
export type EventPageAllocated = {
    kind: "page-allocated";
    hpa: PhysicalAddress;
    /** Guest frame number of the page table. */
    gfn: number;
    /** Level of the table: 4 or 5 for a root. */
    level: number;
    role: Hex32;
};
export type EventPageZapped = {
    kind: "page-zapped";
    hpa: PhysicalAddress;
    /** Guest frame number of the page table. */
    gfn: number;
    /** Level of the table: 4 or 5 for a root. */
    level: number;
    /** Root slots that still hold it. */
    rootCount: number;
};
export type EventPageUnsynced = {
    kind: "page-unsynced";
    hpa: PhysicalAddress;
    /** Guest frame number of the page table. */
    gfn: number;
};
export type EventPageSynced = {
    kind: "page-synced";
    hpa: PhysicalAddress;
    /** Guest frame number of the page table. */
    gfn: number;
};
export type EventPageFault = {
    kind: "page-fault";
    /** Linear address, or guest-physical one where an EPT faulted. */
    address: Hex64;
    /** As KVM sees it: bit 32 marks the final page of an EPT violation, 33 a page table. */
    errorCode: number;
};
export type EventAccess = {
    kind: "access";
    access: "read" | "write" | "execute";
    gva: Hex64;
    gpa: PhysicalAddress;
    /** The value that was read or written; null where code was fetched. */
    value: Hex64 | null;
    /** Source of the translation: a TLB entry, a walk, or KVM itself. */
    by: "tlb" | "walk" | "emulator";
};
export type EventVmExit = {
    kind: "vm-exit";
    "from": "L1" | "L2";
    to: "host" | "L1";
    reason: number;
    name: string;
    qualification: Hex64;
};
export type EventVmEntered = {
    kind: "vm-entered";
    guest: "L1" | "L2";
    /** The root it runs on. */
    root: PhysicalAddress | null;
};
export type EventFaultInjected = {
    kind: "fault-injected";
    vector: string;
    errorCode: number | null;
};
export type EventVmFail = {
    kind: "vm-fail";
    /** Null without a current VMCS. */
    error: number | null;
};
export type CommandKind = "mov-cr0" | "mov-cr3" | "mov-cr4" | "mov-from-cr3" | "wrmsr-efer" | "wrmsr-pkrs" | "wrpkru" | "invlpg" | "invpcid" | "vmxon" | "vmxoff" | "vmclear" | "vmptrld" | "vmread" | "vmwrite" | "vmlaunch" | "vmresume" | "invept" | "invvpid" | "vmfunc" | "vmexit" | "pv-flush" | "hv-flush" | "vmrun" | "read" | "write" | "execute" | "load-root" | "enter" | "make-request" | "zap-all" | "set-memslot" | "host-write" | "preempt" | "set-cpuid" | "get-nested-state" | "set-nested-state" | "smi" | "rsm" | "init" | "dirty-log" | "get-dirty-log" | "clear-dirty-log" | "unmap" | "map" | "set-sregs" | "free-roots" | "reset-context";
export type EventViolation = {
    kind: "violation";
    /** A wrong frame, a right that is gone or was never there, or a fault without a reason. */
    rule: "stale-translation" | "stale-right" | "right-never-given" | "spurious-fault";
    access: "read" | "write" | "execute";
    gva: Hex64;
    /** The address that was used; null for a fault. */
    gpa: PhysicalAddress | null;
    /** Source of the translation; null for a fault. */
    by: ("tlb" | "walk" | "emulator") | null;
    /** Addresses that are right: those in memory, or in a cache that may still hold them. */
    allowed: PhysicalAddress[];
    /** The write that made the translation stale, as far as it is remembered. */
    write: {
        /** Sequence number of the command; null if the history no longer has it. */
        seq: number | null;
        /** 0: the command with the violation. */
        commandsAgo: number;
        command: CommandKind;
        /** Address of the table entry. */
        gpa: PhysicalAddress;
    } | null;
    /** The last invalidation that covered it. */
    invalidation: {
        /** Sequence number of the command; null if the history no longer has it. */
        seq: number | null;
        /** 0: the command with the violation. */
        commandsAgo: number;
        command: CommandKind;
    } | null;
    /** The event that could have ended it and did not; null if there was none. */
    survival: {
        seq: number;
        event: string;
    } | null;
    /** All of that in one sentence. */
    message: string;
};
export type MmuEvent = EventRootReused | EventRootMissed | EventRootAllocated | EventRootEvicted | EventRootFreed | EventRootMarkedUnsync | EventRootSynced | EventRequestMade | EventRequestServiced | EventTlbFlushed | EventPageAllocated | EventPageZapped | EventPageUnsynced | EventPageSynced | EventPageFault | EventAccess | EventVmExit | EventVmEntered | EventFaultInjected | EventVmFail | EventViolation;
export type EventFrame = {
    "type": "event";
    vm: VmId;
    seq: Seq;
    /** Sequence number of the command during which it happened. */
    command: Seq;
    /** Sequence number of the event that caused it, if one did. */
    causedBy: Seq | null;
    vcpu: VcpuIndex;
    event: MmuEvent;
};
export type Applied = {
    seq: Seq;
    outcome: Outcome;
    events: EventFrame[];
};
export type MapRange = {
    /** CR3, or the EPT pointer, of the address space. */
    root: Hex64;
    /** `paging`: tables of the mode in which the vCPU runs. `ept`: an EPT of L1. Default: "paging". */
    format?: "paging" | "ept";
    /** First linear address, or for an EPT guest-physical address of L2. */
    address: Hex64;
    /** Guest-physical address that it leads to. */
    gpa: PhysicalAddress;
    /** Default: 1. */
    pages?: number;
    /** Default: "4k". */
    pageSize?: "4k" | "2m" | "1g";
    /** Default: true. */
    write?: boolean;
    /** Default: true. */
    execute?: boolean;
    /** For an EPT: readable. Default: true. */
    user?: boolean;
    /** Default: false. */
    "global"?: boolean;
    /** Set A and D in the entries. Default: true. */
    accessedDirty?: boolean;
    /** First page for new tables; they take pages in rising order. */
    tables: PhysicalAddress;
};
export type Batch = Command[];
export type BatchResult = {
    seq: Seq;
    outcome: Outcome;
    events?: EventFrame[];
};
export type BatchApplied = {
    results: BatchResult[];
};
export type FrameKind = "command" | "rewound" | "root-reused" | "root-missed" | "root-allocated" | "root-evicted" | "root-freed" | "root-marked-unsync" | "root-synced" | "request-made" | "request-serviced" | "tlb-flushed" | "page-allocated" | "page-zapped" | "page-unsynced" | "page-synced" | "page-fault" | "access" | "vm-exit" | "vm-entered" | "fault-injected" | "vm-fail" | "violation";
export type CommandFrame = {
    "type": "command";
    vm: VmId;
    seq: Seq;
    vcpu: VcpuIndex;
    command: Command;
    outcome: Outcome;
};
export type SnapshotName = string;
export type RewoundFrame = {
    "type": "rewound";
    vm: VmId;
    seq: Seq;
    /** The snapshot; null for a reset. */
    snapshot: SnapshotName | null;
    /** Sequence number at which the VM was in this state before; null for a reset. */
    to: Seq | null;
};
export type HistoryFrame = CommandFrame | EventFrame | RewoundFrame;
export type HistoryPage = {
    events: HistoryFrame[];
    /** The newest sequence number of the VM. */
    head: Seq;
    /** The lowest one that is kept; one above `head` if none is. */
    oldest: Seq;
    /** `after` of the next page; equal to `head` if this is the last. */
    next: Seq;
};
export type FleetHelloFrame = {
    "type": "hello";
    epoch: string;
    /** Number of VMs. */
    vms: number;
    /** Number of the newest creation or deletion. */
    "number": Seq;
};
export type LifeFrame = {
    "type": "life";
    /** Rises by one with each creation and deletion on this server. */
    "number": Seq;
    vm: VmId;
    life: "created" | "deleted";
    name: VmName | null;
    tags: VmTags;
    /** The VM's newest sequence number; after its deletion, frames up to it that did not come are lost. */
    head: Seq;
};
export type LifeGapFrame = {
    "type": "life-gap";
    "from": Seq;
    to: Seq;
};
export type LifeThroughFrame = {
    "type": "life-through";
    "number": Seq;
};
export type GapFrame = {
    "type": "gap";
    vm: VmId;
    "from": Seq;
    to: Seq;
};
export type ThroughFrame = {
    "type": "through";
    vm: VmId;
    seq: Seq;
};
export type FleetEndFrame = {
    "type": "end";
    /** Creations and deletions up to it were sent or filtered out. */
    "number": Seq;
    reason: "shutdown";
};
export type FleetStreamFrame = FleetHelloFrame | LifeFrame | LifeGapFrame | LifeThroughFrame | CommandFrame | EventFrame | RewoundFrame | GapFrame | ThroughFrame | FleetEndFrame;
export type LevelSpan = {
    /** May lie before the window. */
    "from": number;
    /** The `seq` that ended it; null if none in the window did. */
    to: number | null;
    level: "host" | "L1" | "L2";
};
export type BusySpan = {
    "from": number;
    to: number;
    count: number;
};
export type RootSpan = {
    /** May lie before the window. */
    "from": number;
    /** The `seq` that ended it; null if none in the window did. */
    to: number | null;
    pgd: Hex64;
    hpa: PhysicalAddress;
    /** True if it owes a sync or a flush. */
    marked: boolean;
    end: ("moved" | "marked" | "synced" | "freed" | "evicted" | "rewound") | null;
    cause: RootCause | null;
};
export type RequestSpan = {
    /** May lie before the window. */
    "from": number;
    /** The `seq` that ended it; null if none in the window did. */
    to: number | null;
};
export type VcpuTimeline = {
    vcpu: number;
    level: {
        spans: LevelSpan[];
        /** Stretches in place of short spans. */
        busy: BusySpan[];
    };
    /** Slots that held a root in the window. */
    roots: {
        mmu: MmuName;
        slot: Slot;
        spans: RootSpan[];
        /** Stretches in place of short spans. */
        busy: BusySpan[];
    }[];
    /** Requests that were pending in the window. */
    requests: {
        request: RequestName;
        spans: RequestSpan[];
        /** Stretches in place of short spans. */
        busy: BusySpan[];
    }[];
    /** A number a bucket; left out where all are 0. `flush-*`: by scope. */
    counts: {
        [key: string]: number[];
    };
};
export type Timeline = {
    "from": number;
    to: number;
    /** The newest sequence number of the VM. */
    head: number;
    /** The lowest one that a window may begin at. */
    oldest: number;
    /** Bucket i: `size` numbers from `first + i * size` on. */
    bucket: {
        first: number;
        size: number;
        count: number;
    };
    vcpus: VcpuTimeline[];
    /** Violations in the window: their number, and the first of them. */
    violations: {
        count: number;
        first: {
            seq: number;
            vcpu: number;
            rule: string;
        }[];
    };
};
export type WhyStep = {
    seq: number;
    what: string;
    /** Function of Linux. */
    kernel: string | null;
    /** Section of the manual. */
    manual: string | null;
};
export type Why = {
    seq: number;
    /** From the first cause to the record itself. */
    chain: WhyStep[];
    /** The policy of the VM. */
    policy: PolicyName;
    /** The deed of each policy there; empty where none has a say. */
    decisions: {
        does: string;
        policies: PolicyName[];
    }[];
    /** The worth of a flush, sync or free, as the ledger has it by `through`. */
    worth: {
        worth: "necessary" | "harmless" | "wasted";
        through: number;
    } | null;
    /** The life of the root that it befell. */
    life: {
        root: string;
        stations: {
            seq: number;
            what: string;
            times: number;
        }[];
    } | null;
    /** All of that in at most ten lines. */
    text: string[];
};
export type KeptViolation = {
    seq: Seq;
    vcpu: VcpuIndex;
    rule: string;
    /** The violation, what came before it, and the records that it names. */
    frames: HistoryFrame[];
};
export type ViolationList = {
    rules: RuleBroken[];
    /** The first four of each rule, in the order of `seq`. */
    kept: KeptViolation[];
};
export type Found = {
    found: HistoryFrame[];
    /** `after` of the next search; equal to `head` if this was the last. */
    next: Seq;
    head: Seq;
    oldest: Seq;
};
export type CheckResult = {
    path: string;
    op: "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "contains" | "lacks";
    /** The expected value, as JSON. */
    value: string;
    /** The value at `path`, as JSON; null if there is none. */
    found: string | null;
    holds: boolean;
};
export type NearestFrame = {
    frame: HistoryFrame;
    /** Parts of the pattern that the frame does not match. */
    failed: string[];
    /** Checks that fail. */
    checks: CheckResult[];
};
export type NearestState = {
    seq: Seq;
    checks: CheckResult[];
};
export type WaitAnswer = {
    met: boolean;
    reason: "met" | "timeout" | "vm-deleted";
    /** The VM's newest sequence number when the wait ended: `after` of the next. */
    seq: Seq;
    /** The event or command, if the wait was for one. */
    frame: HistoryFrame | null;
    /** The nearest miss, if it was not met. */
    nearest: {
        frame: NearestFrame | null;
        state: NearestState | null;
    };
};
export type Check = {
    /** JSON pointer into the checked object. */
    path: string;
    /** `contains` and `lacks` apply to lists. Default: "eq". */
    op?: "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "contains" | "lacks";
    /** Compared with the value at `path`; hex with hex. */
    value: string | number | boolean | null;
};
export type Pattern = {
    kind?: FrameKind[];
    vcpu?: VcpuIndex[];
    mmu?: MmuName;
    root?: PhysicalAddress[];
    /** Records of at least this severity. */
    severity?: Severity;
    /** Checks of the frame: `/event/scope`, `/outcome/kind`, `/command/value`. */
    where?: Check[];
};
export type UntilEvent = {
    on: "event";
    match?: Pattern;
    /** Look behind this sequence number; without it, from now. */
    after?: Seq;
};
export type UntilState = {
    on: "state";
    /** Default: 0. */
    vcpu?: VcpuIndex;
    /** Checks of the state in `GET /v1/vms/{vm}/vcpus/{vcpu}`: `/requests`, `/cr3`. */
    where: Check[];
};
export type Until = UntilEvent | UntilState;
export type Wait = {
    until: Until;
    /** Default: 10000. */
    timeoutMs?: number;
};
export type ExpectationCount = {
    kind: "count";
    "of"?: Pattern;
    exactly?: number;
    atLeast?: number;
    atMost?: number;
};
export type ExpectationNever = {
    kind: "never";
    "of"?: Pattern;
};
export type ExpectationAtLeastOnce = {
    kind: "at-least-once";
    "of"?: Pattern;
};
export type ExpectationOrder = {
    kind: "order";
    "of": Pattern[];
};
export type ExpectationState = {
    kind: "state";
    /** Default: 0. */
    vcpu?: VcpuIndex;
    /** Checks of the state in `GET /v1/vms/{vm}/vcpus/{vcpu}`: `/requests`, `/cr3`. */
    where: Check[];
};
export type Expectation = ExpectationCount | ExpectationNever | ExpectationAtLeastOnce | ExpectationOrder | ExpectationState;
export type Verification = {
    /** History behind this sequence number. Default: 0. */
    after?: Seq;
    /** Up to this one; without it, up to the newest. */
    through?: Seq;
    expect: Expectation[];
};
export type Verdict = {
    holds: boolean;
    /** Number of matches; for an order, of steps that were found; for a state, 0 or 1. */
    count: number;
    /** Sequence numbers of the first matches. */
    seqs: Seq[];
    detail: string;
    /** The nearest miss, where too little matches. */
    nearest: {
        frame: NearestFrame | null;
        state: NearestState | null;
    };
};
export type Verified = {
    /** True if every expectation holds. */
    holds: boolean;
    /** In the order of the expectations. */
    results: Verdict[];
    after: Seq;
    through: Seq;
};
export type RoleFields = {
    level: number;
    direct: boolean;
    /** `ACC_*` bits; a root has all. */
    access: number;
    has4ByteGpte: boolean;
    quadrant: number;
    /** The page was zapped. */
    invalid: boolean;
    eferNx: boolean;
    cr0Wp: boolean;
    smepAndnotWp: boolean;
    smapAndnotWp: boolean;
    cr4Smep: boolean;
    adDisabled: boolean;
    guestMode: boolean;
    smm: boolean;
    passthrough: boolean;
};
export type SlotLookup = {
    slot: Slot;
    /** Null: a hole. */
    root: {
        pgd: Hex64;
        hpa: PhysicalAddress;
    } | null;
    usable: boolean;
    /** Mismatches: `frame` and `low-bits` (PCID, attributes) of the pgd, fields of the role. */
    mismatches: ("no-root" | "no-shadow-page" | "frame" | "low-bits" | "level" | "direct" | "access" | "has4ByteGpte" | "quadrant" | "invalid" | "eferNx" | "cr0Wp" | "smepAndnotWp" | "smapAndnotWp" | "cr4Smep" | "adDisabled" | "guestMode" | "smm" | "passthrough")[];
    /** Role of its shadow page; null if it has none. */
    role: RoleFields | null;
    /** The next entry frees it: it is of a generation that has ended. */
    obsolete: boolean;
    /** Dues that the policy has noted, to settle before the root is used again. */
    owes: {
        sync: boolean;
        flush: boolean;
    };
};
export type LookupDump = {
    mmu: MmuName;
    pgd: Hex64;
    /** The role that a root must have. */
    role: Hex32;
    roleFields: RoleFields;
    /** A direct MMU ignores the pgd. */
    pgdMatters: boolean;
    /** To v5.17, tables of fewer than four levels are not looked for at all. */
    searched: boolean;
    /** Slot of the root; null if the lookup misses. */
    found: Slot | null;
    /** Requests that a hit makes, in the order of service; a miss makes none: the load syncs. */
    requests: RequestName[];
    /** The root that a miss would push out of the cache. */
    evicted: {
        slot: Slot;
        pgd: Hex64;
        hpa: PhysicalAddress;
    } | null;
    /** The current root cannot be cached: the lookup frees it before it searches. */
    freed: boolean;
    slots: SlotLookup[];
    summary: string;
    /** Sequence number of the VM at which this holds. */
    seq: Seq;
};
export type ShownMachine = {
    /** Commands that lead to the first state. */
    stage: Command[];
    /** Commands that may befall every state. */
    alphabet: Command[];
    /** Commands that ran and have no place in the alphabet. */
    leftOut: number;
};
export type JobId = string;
export type Reached = {
    /** Why it ended: nothing left to see, or a bound. */
    end: "exhausted" | "refuted" | "depth" | "states" | "bytes" | "oracle-forgot" | "triples";
    /** Whether every state that can be reached was seen. */
    isExhaustive: boolean;
    states: number;
    /** States in which every command was tried. */
    expanded: number;
    transitions: number;
    /** Commands that a vCPU could not take. */
    refused: number;
    /** Commands from the first state to the deepest one. */
    depth: number;
    /** Triples that were found. `GET /v1/vms/{vm}/coverage` has them. */
    triples: number;
};
export type CoverageSearch = {
    job: JobId;
    state: "queued" | "running" | "done" | "failed" | "cancelled";
    /** Null until it is done. */
    reached: Reached | null;
    /** Cause of its failure; null unless it failed. */
    problem: Problem | null;
};
export type SlotKind = "live" | "unsync" | "marked" | "direct" | "special" | "empty";
export type MmuClass = {
    current: SlotKind;
    /** Kinds of the slots in `prev_roots`, each once. */
    cached: SlotKind[];
};
export type StateClass = {
    /** The side that runs. */
    runs: "host" | "guest";
    level: "L1" | "L2";
    paging: "none" | "32-bit" | "PAE" | "4-level" | "5-level";
    /** CR4.PCIDE. */
    pcide: boolean;
    /** Outside VMX operation, inside, inside with a VMCS that is current. */
    vmx: "off" | "on" | "vmcs";
    /** System-management mode. */
    smm: boolean;
    /** The MMU in use. */
    mmu: MmuName;
    rootMmu: MmuClass;
    guestMmu: MmuClass;
    /** Pending requests, in the order of service. */
    requests: RequestName[];
    /** Whether some shadow page of the VM is unsync. */
    unsync: boolean;
};
export type CoveredTriple = {
    state: StateClass;
    /** Kind of the command, with what tells its forms apart. */
    command: string;
    /** Kind of the outcome, with its vector, number, reason or errno. */
    outcome: string;
    /** Commands of the VM that were of it; 0 if it was missed. */
    times: number;
    /** The first of them; null if there is none. */
    first: Seq | null;
    /** A shortest way to it on a new VM, behind `machine.stage`: the last command is that of the triple. Null if the search has not come to it. */
    way: Command[] | null;
};
export type Coverage = {
    /** Counting came so far; if that is not the newest, ask again. */
    seq: Seq;
    /** Commands that were counted. */
    commands: number;
    /** Triples that happened. */
    exercised: number;
    /** Triples that the search found; null until it is done. */
    reachable: number | null;
    /** Triples that it found and that did not happen. */
    missed: number | null;
    /** Commands of triples beyond the bound, which are not told apart. */
    leftOut: number;
    machine: ShownMachine;
    search: CoverageSearch;
    /** Shortest ways come first. */
    triples: CoveredTriple[];
    /** `cursor` of the next part; null if this is the last. */
    next: string | null;
};
export type LedgerTally = {
    /** Deeds that removed something stale. */
    necessary: number;
    /** Deeds whose loss was not needed again, or that did nothing. */
    harmless: number;
    /** Deeds that removed something right, which was built again. */
    wasted: number;
};
export type LedgerDump = {
    policy: PolicyName;
    total: {
        /** Flushes of a TLB by KVM. */
        flush: LedgerTally;
        /** Syncs of a current root. */
        sync: LedgerTally;
        /** Roots that were freed. */
        free: LedgerTally;
    };
    vcpus: {
        vcpu: VcpuIndex;
        /** Deeds by the command that asked for them, whenever they were carried out. */
        commands: {
            command: CommandKind;
            /** Flushes of a TLB by KVM. */
            flush: LedgerTally;
            /** Syncs of a current root. */
            sync: LedgerTally;
            /** Roots that were freed. */
            free: LedgerTally;
        }[];
    }[];
    /** Sequence number of the VM at which this holds. */
    seq: Seq;
};
export type ReplacedEntry = {
    /** Address of the table entry that was replaced first. */
    entry: PhysicalAddress;
    command: CommandKind | null;
    /** 1: the newest command. */
    commandsAgo: number;
};
export type AllowedTranslation = {
    /** Guest-physical address; null if an entry lets nothing through. */
    gpa: PhysicalAddress | null;
    /** Rights by the guest's own tables; a page is writable once it is dirty. */
    rights: Rights;
    /** Rights by the EPT of L1; null without one. */
    ept: Rights | null;
    /** Null: memory says so now. */
    replaced: ReplacedEntry | null;
};
export type AllowedDump = {
    gva: Hex64;
    /** The one in memory, then those that may still be cached, roughly the newest first. */
    translations: AllowedTranslation[];
    /** False if more may be allowed than is shown or remembered. */
    complete: boolean;
    /** Sequence number of the VM at which this holds. */
    seq: Seq;
};
export type PricedThing = "hit" | "miss" | "drop" | "mark" | "loadExisting" | "loadNew" | "loadSpecial" | "syncNoOp" | "syncWalk" | "syncLeaf" | "flushOne" | "flushAll" | "flushAddress" | "walk" | "pageFault" | "pageAllocated" | "pageZapped" | "mmuLock" | "exit" | "cr3Exit" | "nestedExit" | "guestCr3" | "kick";
export type CostParameter = {
    name: PricedThing;
    /** Part of the machine that the cost is for. */
    part: "switch" | "load" | "sync" | "flush" | "fault" | "lock" | "exit";
    /** Price by default, in cycles. */
    cost: number;
    /** The count that the price is multiplied by. */
    counts: string;
    /** Source of the price, or the reason for a guess. */
    reason: string;
};
export type CostModel = {
    unit: string;
    parts: ("switch" | "load" | "sync" | "flush" | "fault" | "lock" | "exit")[];
    parameters: CostParameter[];
};
export type RaceFromWorkload = {
    kind: "workload";
    name: "kpti" | "asids" | "fork-exit" | "pcid-churn" | "unmap" | "nested-invept" | "nested-shadow" | "shootdown" | "hostile";
    /** Default: 1. */
    seed?: number;
    /** Parameters of `GET /v1/workloads`; `commands` is the number of commands. */
    parameters?: {
        [key: string]: number | boolean;
    };
};
export type RaceFromCommands = {
    kind: "commands";
    config?: VmConfig;
    commands: Command[];
};
export type RaceFromVm = {
    kind: "vm";
    vm: VmId;
    /** The commands up to this moment; by default all of them. */
    seq?: Seq;
};
export type PriceListName = string;
export type RaceRequest = {
    source: RaceFromWorkload | RaceFromCommands | RaceFromVm;
    /** Default: "all". */
    policies?: "all" | PolicyName[];
    /** Slots beside the current root; by default those of the configuration. */
    prevRoots?: number[];
    /** By default the kernel of the configuration. */
    kernels?: KernelName[];
    /** Prices in cycles that take the place of those of the list, without a range. */
    costs?: {
        [key: string]: number;
    };
    /** A list of `GET /v1/price-lists`. Default: "xeon-8269cy-4.19". */
    prices?: PriceListName;
};
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";
export type JobProgress = {
    done: number;
    /** Null while it is unknown. */
    total: number | null;
    /** Milliseconds to its end at the pace so far; null if that is not known. */
    leftMs: number | null;
};
export type Moment = string;
export type JobProblem = Problem | null;
export type RaceSourceWorkload = {
    kind: "workload";
    name: string;
    seed: number;
    parameters: {
        [key: string]: number | boolean;
    };
};
export type RaceSourceCommands = {
    kind: "commands";
    name: string;
};
export type RaceSourceVm = {
    kind: "vm";
    vm: string;
    seq: number;
};
export type RaceSource = RaceSourceWorkload | RaceSourceCommands | RaceSourceVm;
export type PriceRange = {
    value: number;
    low: number;
    high: number;
};
export type RacePrices = {
    list: PriceListName;
    machine: string;
    cycles: {
        [key: string]: PriceRange;
    };
};
export type RaceComparison = {
    standing: "same" | "cheaper" | "dearer" | "cheaper-unless" | "dearer-unless" | "undecided";
    /** The one price beyond which the standing may fail. */
    unless: {
        price: PricedThing;
        side: "below" | "above";
        cycles: number;
    } | null;
    /** Share of the baseline's cost that is saved; negative where a lane is dearer. */
    saving: {
        value: number;
        low: number;
        high: number;
    };
    /** Prices that turn the order alone, all others at their value. */
    turns: {
        price: PricedThing;
        cycles: number;
    }[];
    /** All of that as a sentence. */
    text: string;
    /** Share of the way to their worst ends that all prices may go; null for any. */
    margin: number | null;
};
export type RaceTime = {
    /** Cycles until the last vCPU has done. */
    elapsed: number;
    /** Cycles that vCPUs waited for `mmu_lock`. */
    lockWait: number;
    /** Times that one had to wait. */
    lockWaits: number;
    /** Cycles for which it was held. */
    lockHeld: number;
    /** Share of the time in which vCPUs worked. */
    utilisation: number;
};
export type PolicyFrees = {
    /** Roots that were loaded again, with something stale below. */
    needed: number;
    /** Roots that were loaded again, with nothing stale below. */
    needless: number;
    /** Roots whose shadow page was zapped before it was wanted again. */
    gone: number;
};
export type Syncs = {
    /** `MMU_SYNC` became pending. */
    requested: number;
    /** `MMU_SYNC` was serviced. */
    serviced: number;
    /** Serviced requests that synced at least one leaf. */
    effective: number;
    /** Serviced requests that found nothing unsync below the root. */
    noOp: number;
    /** Serviced requests without a root to sync, or with a direct one. */
    nothing: number;
    /** Serviced requests that were made for another root than the current one. */
    wasted: number;
    /** Syncs that ended a load. */
    byLoad: number;
    /** Other syncs without a request of their own: those of a guest-wide flush. */
    direct: number;
    /** Syncs of any kind that found a stale translation. */
    stale: number;
    /** Syncs of any kind that found an unsync leaf, and walked to it. */
    walks: number;
    /** Leaf tables that were synced, by any of these. */
    leaves: number;
};
export type Flushes = {
    /** `kvm_vcpu_flush_tlb_current()`, that of a load left out. */
    current: number;
    /** The flush that ends a load: not in `stat.tlb_flush`. */
    load: number;
    /** `kvm_vcpu_flush_tlb_guest()`. */
    guest: number;
    /** `kvm_vcpu_flush_tlb_all()`: what a remote flush comes to. */
    all: number;
    /** INVVPID for L1. */
    context: number;
    /** One address. */
    address: number;
    /** Flushes by the processor itself, without KVM. */
    cpu: number;
    /** `stat.tlb_flush`. */
    stat: number;
};
export type Pinned = {
    /** Most at once. */
    peak: number;
    /** Over the commands. */
    mean: number;
    /** Most at once that were zapped already, and live on in a slot. */
    zappedPeak: number;
};
export type Cr3Exits = {
    /** Exits whose switch found its root. */
    hit: number;
    /** Exits whose switch found none. */
    miss: number;
    /** Exits that switched no root: the same CR3, PAE registers alone, or a fault. */
    other: number;
    /** Exits that the guest could have been spared by 1, 2, ... published roots. */
    served: number[];
    /** Exits that found their root, and needed a flush or a sync of it. */
    held: number;
};
export type RaceCounters = {
    /** Commands that were applied. */
    commands: number;
    /** Commands that could not be applied. */
    refused: number;
    /** Switches that found their root in use. */
    hitsCurrent: number;
    /** Switches that found their root in a previous slot, by slot. */
    hitsPrevious: number[];
    /** Switches that found no usable root. */
    misses: number;
    /** Valid roots that fell out of the cache. */
    evicted: number;
    /** Slots that were released, by cause. */
    freed: {
        [key: string]: number;
    };
    /** Roots that were marked, by cause. */
    marked: {
        [key: string]: number;
    };
    policyFrees: PolicyFrees;
    /** `kvm_mmu_load()`. */
    loads: {
        /** Loads that made a shadow page. */
        "new": number;
        /** Loads that found the shadow page. */
        existing: number;
        /** A PAE or dummy root. */
        special: number;
    };
    syncs: Syncs;
    flushes: Flushes;
    /** Requests that became pending, on each vCPU. */
    requests: {
        [key: string]: number;
    };
    /** Requests to all vCPUs because a root was zapped. */
    broadcasts: {
        /** `MMU_RELOAD` to every vCPU. */
        reload: number;
        /** `MMU_FREE_OBSOLETE_ROOTS` to every vCPU. */
        freeObsolete: number;
    };
    /** Acquisitions of `mmu_lock` for loads, frees, syncs, faults and addresses. */
    mmuLock: number;
    pinned: Pinned;
    /** VM exits to KVM. */
    exits: number;
    /** VM exits that another vCPU forced. */
    kicks: number;
    cr3Exits: Cr3Exits;
    /** MOV to CR3 that the guest carried out without an exit. */
    cr3Loads: number;
    /** Exits of L2 that KVM handed on to L1. */
    reflected: number;
    /** Page faults and EPT violations that KVM handled. */
    pageFaults: number;
    /** Shadow pages made. */
    pagesAllocated: number;
    /** Shadow pages zapped. */
    pagesZapped: number;
    /** Accesses of the guest. */
    accesses: number;
    /** Accesses without a translation in the TLB. */
    walks: number;
    /** Uses that the architecture did not allow. */
    violations: number;
    /** Uses that could not be judged, because too much was forgotten. */
    undecided: number;
    /** Worth of flushes, syncs and frees; null without an oracle. */
    ledger: {
        /** Flushes of a TLB by KVM. */
        flush: LedgerTally;
        /** Syncs of a current root. */
        sync: LedgerTally;
        /** Roots that were freed. */
        free: LedgerTally;
    } | null;
};
export type RaceLane = {
    /** The policy, with slots and kernel where lanes differ in them. */
    name: string;
    policy: PolicyName;
    prevRoots: number;
    kernel: KernelName;
    /** Cycles. */
    cost: {
        total: number;
        low: number;
        high: number;
        parts: {
            [key: string]: number;
        };
    };
    comparison: RaceComparison;
    /** Null for one vCPU, which waits for nobody. */
    time: RaceTime | null;
    counters: RaceCounters;
    firstViolation: {
        /** Index of the command. */
        command: number;
        /** Number of the event, had a VM run the same. */
        seq: number;
        rule: string;
        message: string;
    } | null;
    /** Reason why a command could not be applied. */
    firstRefusal: string | null;
    /** Place at which the model itself failed and the lane ended: an error of mmulab. */
    failure: {
        command: number;
        message: string;
    } | null;
};
export type RaceBound = {
    prevRoots: number;
    kernel: KernelName;
    /** Fewest switches that find no root. */
    misses: number;
    /** Fewest loads; a cache with the fewest misses may have more. */
    loads: number;
    /** Lanes whose guests asked for the same. */
    lanes: string[];
    /** False if it was worked out for the first references alone. */
    isComplete: boolean;
};
export type PartingSide = {
    /** Names of the lanes that are still alike. */
    lanes: string[];
    /** The newest number then, had a VM run the same. */
    seq: number;
    outcome: Outcome | null;
    /** A vCPU that differs, after the command. */
    state: VcpuState;
    /** The first events of the command. */
    events: MmuEvent[];
};
export type Parting = {
    /** Index of the command after which they differ. */
    at: number;
    command: Command;
    stay: PartingSide;
    leave: PartingSide;
};
export type RaceResult = {
    /** Version of the model. */
    version: string;
    source: RaceSource;
    /** Commands that were run in every lane. */
    commands: number;
    prices: RacePrices;
    /** Lane that the others are held against: of `mainline`, else the first. */
    baseline: string;
    lanes: RaceLane[];
    /** By kernel and number of slots. */
    bounds: RaceBound[];
    /** In order: two lanes parted where they stand on different sides first. */
    partings: Parting[];
    /** Cost of each lane up to then. */
    series: {
        /** Commands between two points. */
        every: number;
        points: {
            commands: number;
            costs: number[];
        }[];
    };
    /** All of that as plain text, for an e-mail. */
    verdict: string;
};
export type JobRace = {
    id: JobId;
    /** Rises by one with each job. */
    "number": number;
    state: JobState;
    progress: JobProgress;
    createdAt: Moment;
    startedAt: Moment | null;
    endedAt: Moment | null;
    problem: JobProblem;
    kind: "race";
    /** Null until it is done. */
    result: RaceResult | null;
};
export type SweepCell = {
    workload: "kpti" | "asids" | "fork-exit" | "pcid-churn" | "unmap" | "nested-invept" | "nested-shadow" | "shootdown" | "hostile";
    seed: number;
    kernel: KernelName;
    prevRoots: number;
    commands: number;
    policies: PolicyName[];
};
export type SweepLane = {
    policy: PolicyName;
    amounts: {
        [key: string]: number;
    };
    loads: number;
    misses: number;
    violations: number;
    undecided: number;
    refused: number;
    failure: string | null;
};
export type SweepRow = {
    version: string;
    cell: SweepCell;
    lanes: SweepLane[];
    /** Fewest loads of any policy. */
    fewestLoads: number;
};
export type Spread = {
    least: number;
    most: number;
};
export type SweepSummary = {
    workload: "kpti" | "asids" | "fork-exit" | "pcid-churn" | "unmap" | "nested-invept" | "nested-shadow" | "shootdown" | "hostile";
    kernel: KernelName;
    prevRoots: number;
    commands: number;
    policy: string;
    baseline: string;
    prices: PriceListName;
    seeds: number;
    /** Seeds by what the comparison with the baseline came to. */
    standings: {
        [key: string]: number;
    };
    /** Prices that decide alone, where the standing says `unless`. */
    deciding: ("hit" | "miss" | "drop" | "mark" | "loadExisting" | "loadNew" | "loadSpecial" | "syncNoOp" | "syncWalk" | "syncLeaf" | "flushOne" | "flushAll" | "flushAddress" | "walk" | "pageFault" | "pageAllocated" | "pageZapped" | "mmuLock" | "exit" | "cr3Exit" | "nestedExit" | "guestCr3" | "kick")[];
    /** Share saved at the values of the list. */
    saving: Spread;
    /** Share saved over the whole range of every price, of any seed. */
    range: Spread;
    loads: Spread;
    baselineLoads: Spread;
    fewestLoads: Spread;
    violations: number;
    undecided: number;
    failures: number;
};
export type SweepCurve = {
    workload: "kpti" | "asids" | "fork-exit" | "pcid-churn" | "unmap" | "nested-invept" | "nested-shadow" | "shootdown" | "hostile";
    kernel: KernelName;
    commands: number;
    policy: string;
    prices: PriceListName;
    points: {
        prevRoots: number;
        /** At the values of the list, in cycles. */
        cost: Spread;
        /** Over the whole range of every price, of any seed. */
        range: Spread;
        loads: Spread;
    }[];
};
export type SweepResult = {
    version: string;
    /** Counts of each race: any price list can be laid upon them. */
    rows: SweepRow[];
    summaries: SweepSummary[];
    curves: SweepCurve[];
    /** The summaries as comma-separated values, a line each. */
    csv: string;
};
export type JobSweep = {
    id: JobId;
    /** Rises by one with each job. */
    "number": number;
    state: JobState;
    progress: JobProgress;
    createdAt: Moment;
    startedAt: Moment | null;
    endedAt: Moment | null;
    problem: JobProblem;
    kind: "sweep";
    /** Null until it is done. */
    result: SweepResult | null;
};
export type TraceTally = {
    /** Windows in which either has some. */
    windows: number;
    agree: number;
    /** Events of the trace in them. */
    events: number;
};
export type TraceAgreement = {
    loads: TraceTally;
    synced: TraceTally;
    unsynced: TraceTally;
    /** The first of them. */
    disagreements: {
        at: number;
        vcpu: number;
        window: number;
        what: "loads" | "synced" | "unsynced";
        /** Pages as the kernel has them. */
        trace: string;
        /** Pages as `mainline` has them. */
        model: string;
        commands: string[];
        /** A command before it was guessed. */
        isUncertain: boolean;
    }[];
    disagreementCount: number;
    /** Windows that lost events, and are not compared. */
    torn: number;
    refused: number;
    firstRefusal: string | null;
    /** Why the model stopped. */
    failure: string | null;
};
export type TraceEnd = {
    prices: RacePrices;
    /** Lane that the others are held against: of `mainline`, else the first. */
    baseline: string;
    lanes: RaceLane[];
};
export type TracedVm = {
    vm: number;
    tasks: string[];
    config: VmConfig;
    switches: number;
    /** Commands by how much is known of them. */
    confidence: {
        seen: number;
        inferred: number;
        guessed: number;
    };
    agreement: TraceAgreement;
    roots: {
        vcpu: number;
        mmu: "cr3" | "eptp";
        switches: number;
        /** Roots that were never used before. */
        first: number;
        /** Switches by the number of other roots used since. */
        distances: number[];
        /** Share that finds its root, by the number of previous roots. */
        hitRatios: number[] | null;
    }[];
    /** The two ends were worked out apart. */
    isUncertain: boolean;
    policies: {
        /** If each guess did as little as it may have. */
        least: TraceEnd;
        /** If each did as much; the same where nothing is guessed. */
        most: TraceEnd;
    };
    commandCount: number;
    /** Commands of vCPUs that came after the VM had begun. */
    leftOut: number;
    /** Guesses of which both ends have the likeliest. */
    guessedLate: number;
};
export type TraceVerdict = {
    trace: string;
    mmulab: string;
    /** Lines of a text, or records of a binary. */
    lines: number;
    /** Events by name, used or not. */
    events: {
        [key: string]: number;
    };
    notUnderstood: {
        what: string;
        count: number;
        example: string;
    }[];
    lost: number;
    /** Times that ran backwards on a CPU. */
    backwards: number;
    release: string | null;
    /** Unit of all times. */
    clock: "ns" | "ticks";
    firstAt: number | null;
    lastAt: number;
    /** Sentences on what is missing, and which recording has it. */
    lacks: string[];
    vms: TracedVm[];
};
export type JobTrace = {
    id: JobId;
    /** Rises by one with each job. */
    "number": number;
    state: JobState;
    progress: JobProgress;
    createdAt: Moment;
    startedAt: Moment | null;
    endedAt: Moment | null;
    problem: JobProblem;
    kind: "trace";
    /** Null until it is done. */
    result: TraceVerdict | null;
};
export type Digest = string;
export type CaseDigests = {
    /** Digest of the state at the end. */
    state: Digest;
    /** Digest of all commands with their outcomes and events. */
    events: Digest;
};
export type CaseFile = {
    format: "mmulab-case";
    formatVersion: 1;
    /** Version of the server that wrote it. */
    mmulab: string;
    config: VmConfig;
    commands: Command[];
    expected: CaseDigests;
    /** The command on which the model failed, after the others; `expected` is the result before it. */
    poisonedBy?: Command;
};
export type ShrinkResult = {
    failure: {
        kind: "violation" | "crash" | "disagreement";
        /** Sign that tells it from other mistakes. */
        key: string;
        message: string;
        /** Index of the command that shows it. */
        command: number;
    };
    /** Of a disagreement: the other policy. */
    against: PolicyName | null;
    /** Commands of the list that was given. */
    given: number;
    /** Lists that were tried. */
    tries: number;
    "case": CaseFile;
    /** The same as a script and as tests, which fail as long as the mistake shows. */
    texts: {
        [key: string]: string;
    };
};
export type JobShrink = {
    id: JobId;
    /** Rises by one with each job. */
    "number": number;
    state: JobState;
    progress: JobProgress;
    createdAt: Moment;
    startedAt: Moment | null;
    endedAt: Moment | null;
    problem: JobProblem;
    kind: "shrink";
    /** Null until it is done. */
    result: ShrinkResult | null;
};
export type PropertyName = "no-violation" | "no-assertion" | "no-hang" | "shadow-invariants" | "no-over-invalidation" | "spares-live-roots";
export type Counterexample = {
    property: PropertyName;
    says: string;
    /** The last so many commands of the case; those before set the stage. */
    commands: number;
    /** `POST /v1/cases` makes a VM of it. */
    "case": CaseFile;
};
export type ExplorationResult = {
    /** Why it ended: nothing left to see, or every property failed, or a bound. */
    end: "exhausted" | "refuted" | "depth" | "states" | "bytes" | "oracle-forgot";
    /** Whether every state that can be reached was seen. */
    isExhaustive: boolean;
    states: number;
    /** States in which every command was tried. */
    expanded: number;
    transitions: number;
    /** Commands that a vCPU could not take. */
    refused: number;
    depth: number;
    /** States by the number of commands that they need. */
    found: number[];
    bytes: number;
    /** The budget. */
    bytesMax: number;
    bytesPerState: number;
    /** Uses that the oracle could not judge. */
    undecided: number;
    /** Whether vCPUs were taken for each other. */
    isSymmetric: boolean;
    counterexamples: Counterexample[];
};
export type JobExploration = {
    id: JobId;
    /** Rises by one with each job. */
    "number": number;
    state: JobState;
    progress: JobProgress;
    createdAt: Moment;
    startedAt: Moment | null;
    endedAt: Moment | null;
    problem: JobProblem;
    kind: "exploration";
    /** Null until it is done. */
    result: ExplorationResult | null;
};
export type JobCoverage = {
    id: JobId;
    /** Rises by one with each job. */
    "number": number;
    state: JobState;
    progress: JobProgress;
    createdAt: Moment;
    startedAt: Moment | null;
    endedAt: Moment | null;
    problem: JobProblem;
    kind: "coverage";
    /** Null until it is done. */
    result: Reached | null;
};
export type Job = JobRace | JobSweep | JobTrace | JobShrink | JobExploration | JobCoverage;
export type SweepRequest = {
    workloads: ("kpti" | "asids" | "fork-exit" | "pcid-churn" | "unmap" | "nested-invept" | "nested-shadow" | "shootdown" | "hostile")[];
    /** The first is what the others are held against. */
    policies: PolicyName[];
    /** Slots beside the current root: the points of the curves. Default: [3]. */
    prevRoots?: number[];
    /** Default: ["6.1"]. */
    kernels?: KernelName[];
    /** Default: [1,2,3,4,5]. */
    seeds?: number[];
    /** Commands of each race. Default: 5000. */
    commands?: number;
    /** Lists of `GET /v1/price-lists`. Default: ["xeon-8269cy-4.19","core-13900hk-7.3"]. */
    prices?: PriceListName[];
};
export type ExploredBounded = {
    kind: "bounded";
    /** Default: "mainline". */
    policy?: PolicyName;
    /** Default: "6.1". */
    kernel?: KernelName;
    /** Slots beside the current root. Default: 1. */
    slots?: number;
    /** Address spaces of the guest. Default: 2. */
    spaces?: number;
    /** Default: 1. */
    vcpus?: number;
    /** Events that happen besides. */
    also?: ("load-root" | "invlpg" | "free-current" | "pcide-off" | "one-pcid")[];
    /** Events that do not happen. */
    without?: ("flushing-mov-cr3" | "invpcid-single" | "invpcid-all" | "edits")[];
};
export type ExploredGiven = {
    config?: VmConfig;
    stage?: Command[];
    alphabet: Command[];
    kind: "given";
};
export type ExplorationRequest = {
    machine: ExploredBounded | ExploredGiven;
    /** Statements that are to hold. */
    properties?: PropertyName[];
    /** Commands from the first state, at most. Default: 1000. */
    depth?: number;
    /** States to see, at most. Default: 1000000. */
    states?: number;
    /** Memory for states, at most; the result has it. Default: 64. */
    memoryMib?: number;
};
export type TracedVmCreation = {
    /** Number of the VM in the trace. Default: 0. */
    vm?: number;
    policy?: PolicyName;
    kernel?: KernelName;
    prevRoots?: number;
    /** Default: null. */
    name?: VmName | null;
    tags?: VmTags;
};
export type TracedVmMade = {
    /** The new VM. */
    id: VmId;
    seq: Seq;
    /** Commands of the trace that it has run. */
    commands: number;
    /** Commands that the model refused. */
    refused: number;
};
export type TracedCommands = {
    job: JobId;
    trace: string;
    /** Number of the VM in the trace. */
    vm: number;
    commands: {
        seq: Seq;
        vcpu: VcpuIndex;
        /** Nanoseconds, or ticks, of the trace's clock. */
        at: number;
        confidence: "seen" | "inferred" | "guessed";
    }[];
    /** `after` of the next page; null if this is the last. */
    next: Seq | null;
};
export type ShrinkRequest = {
    source: RaceFromCommands | RaceFromVm;
    /** The mistake that is meant; by default the first that shows. */
    failure?: "violation" | "crash" | "disagreement";
    /** For a disagreement: the policy to agree with. */
    against?: PolicyName;
};
export type PriceLists = {
    priceLists: {
        name: PriceListName;
        /** Processor whose cycles these are, and what it ran. */
        machine: string;
        /** Cycles of a nanosecond. */
        ghz: number;
    }[];
};
export type Price = {
    /** Cycles. */
    value: number;
    /** Least that it may be. */
    low: number;
    /** Most that it may be. */
    high: number;
    sure: "published" | "derived" | "secondary" | "inferred" | "calibrated" | "chosen";
    /** Processor that the figure is of. */
    cpu: string;
    /** Kernel that it ran. */
    kernel: string;
    /** Place of the figure, or the reason for a guess. */
    source: string;
};
export type PriceFile = {
    format: "mmulab-prices";
    formatVersion: 1;
    name: PriceListName;
    /** Processor whose cycles these are, and what it ran. */
    machine: string;
    /** Cycles of a nanosecond. */
    ghz: number;
    /** The list that has the prices which are absent here; null if none is. Default: null. */
    base?: ("xeon-8269cy-4.19" | "core-13900hk-7.3") | null;
    prices: {
        [key: string]: Price;
    };
};
export type JobSummary = {
    id: JobId;
    /** Rises by one with each job. */
    "number": number;
    state: JobState;
    progress: JobProgress;
    createdAt: Moment;
    startedAt: Moment | null;
    endedAt: Moment | null;
    problem: JobProblem;
    kind: "race" | "sweep" | "trace" | "shrink" | "exploration" | "coverage";
};
export type JobPage = {
    jobs: JobSummary[];
    /** `cursor` of the next page; null if this is the last. */
    next: string | null;
};
export type ForkBody = {
    policy?: PolicyName;
    kernel?: KernelName;
    defects?: DefectName[];
    prevRoots?: number;
    mmuPages?: number;
    tlb?: TlbOption;
    oracle?: "on" | "off";
    flushOnReuse?: boolean;
    /** A moment that is kept: history has it, or a snapshot was taken then. Default: now. */
    seq?: number;
};
export type Fork = {
    id: VmId;
    /** Sequence number of the new VM: it counts its own. */
    seq: Seq;
    /** The VM that it was forked from, and the moment. */
    origin: {
        vm: VmId;
        seq: Seq;
    };
    /** True if it ran the commands itself, and has them in its history; else it took only the state. */
    replayed: boolean;
};
export type StateDigest = {
    vm: VmId;
    /** The moment that was asked for. */
    seq: Seq;
    /** Version of the model. */
    version: string;
    state: Digest;
};
export type SnapshotCreation = {
    name: SnapshotName;
};
export type Snapshot = {
    name: SnapshotName;
    /** Sequence number of the VM when it was taken. */
    seq: Seq;
    /** Bytes that count towards `snapshotBytes`; pages that it shares with the snapshot taken before it are counted there. */
    bytes: number;
};
export type SnapshotList = {
    snapshots: Snapshot[];
};
export type Difference = {
    /** JSON pointer into the state. */
    path: string;
    /** Absent where the first state has nothing there. */
    a?: string | number | boolean | null;
    /** Absent where the second state has nothing there. */
    b?: string | number | boolean | null;
};
export type Diff = {
    differences: Difference[];
    a: {
        vm: VmId;
        seq: Seq;
    };
    b: {
        vm: VmId;
        seq: Seq;
    };
    /** True if these are all differences. */
    complete: boolean;
};
export type Excerpt = {
    format: "mmulab-excerpt";
    formatVersion: 1;
    mmulab: string;
    config: VmConfig;
    /** The moment of the state. */
    after: Seq;
    /** The state in base64, deflated. A form of this version alone. */
    state: string;
    /** The commands behind it, in order. */
    commands: Command[];
};
export type CaseAnswer = {
    /** The new VM. */
    id: VmId;
    seq: Seq;
    /** True if the results are those that were expected. */
    met: boolean;
    expected: CaseDigests;
    actual: CaseDigests;
    /** The model failed on `poisonedBy`, if the case has one. */
    poisoned: boolean;
    /** Versions of the server that wrote the case, and of this one. */
    versions: {
        written: string;
        played: string;
    };
};
export type Workload = {
    name: string;
    summary: string;
    /** The code that it is modelled on. */
    source: string;
    /** Paging of the VM that it is for. */
    paging: "shadow" | "ept";
    /** The guest relies on nothing that the architecture does not promise. */
    isSound: boolean;
    parameters: ({
        name: string;
        kind: "count";
        summary: string;
        min: number;
        max: number;
        "default": number;
    } | {
        name: string;
        kind: "flag";
        summary: string;
        "default": boolean;
    })[];
};
export type WorkloadList = {
    workloads: Workload[];
};
export type CommandLine = BatchResult | Problem;
export type EndFrame = {
    "type": "end";
    vm: VmId;
    /** Everything up to it was sent or filtered out. Resume from there. */
    seq: Seq;
    reason: "vm-deleted" | "shutdown";
};
export type HelloFrame = {
    "type": "hello";
    vm: VmId;
    /** Names the run of the server. Another run has other VMs. */
    epoch: string;
    /** The newest sequence number. */
    head: Seq;
    /** The lowest one that is kept; one above `head` if none is kept. */
    oldest: Seq;
    /** Rules that the VM has broken since it was made. */
    violations: RuleBroken[];
};
export type StateFrame = {
    "type": "state";
    vm: VmId;
    /** The first record that was left out. */
    "from": Seq;
    /** The last one. The vCPUs are as they are behind it. */
    seq: Seq;
    /** Records among them that the filter lets through, by kind. */
    counts: {
        [key: string]: number;
    };
    /** Records that were no longer kept to be counted. */
    lost: number;
    vcpus: VcpuState[];
    /** Rules that the VM has broken since it was made. */
    violations: RuleBroken[];
};
export type StreamFrame = HelloFrame | CommandFrame | EventFrame | RewoundFrame | GapFrame | StateFrame | ThroughFrame | EndFrame;
export type TraceText = string;
/** Every operation that answers with JSON, or with nothing: what it takes, and its answer. */
export interface Operations {
    /** Tell that the process is alive. */
    getHealth: { answer: Health };
    /** Tell whether requests are taken. */
    getReadiness: { answer: Health };
    /** List the policies for the root cache. */
    listPolicies: { answer: PolicyList };
    /** Describe the model: kernels, commands, events and bounds. */
    getModel: { answer: Model };
    /** List the bugs, proposals and mutants that a VM can be given. */
    listExhibits: { answer: Museum };
    /** Read the scene of an exhibit: commands that show the mistake. */
    getScene: { params: { exhibit: string; }; answer: Scene };
    /** Read the certificate of the root cache. */
    getCertificate: { answer: Certificate };
    /** Create a VM. */
    createVm: { body?: VmCreation; answer: Vm };
    /** List VMs in the order of their creation: all, or those of a tag or name. */
    listVms: { query?: { tag?: string[]; name?: VmName; cursor?: string; limit?: string; }; answer: VmPage };
    /** Delete all VMs of a tag or name. */
    deleteVms: { query?: { tag?: string[]; name?: VmName; }; answer: VmsDeleted };
    /** Read a VM. */
    getVm: { params: { vm: VmId; }; answer: Vm };
    /** Change the name, the tags or the TTL of a VM. */
    relabelVm: { params: { vm: VmId; }; body?: LabelsPatch; answer: Vm };
    /** Delete a VM. */
    deleteVm: { params: { vm: VmId; }; answer: undefined };
    /** Read all vCPUs of a VM. */
    listVcpus: { params: { vm: VmId; }; query?: { at?: string; }; answer: VcpuList };
    /** Read a vCPU: registers, MMUs, roots, requests and counters. */
    getVcpu: { params: { vm: VmId; vcpu: string; }; query?: { at?: string; }; answer: VcpuState };
    /** Read the TLB entries of a vCPU, tag by tag. */
    getTlb: { params: { vm: VmId; vcpu: string; }; query?: { at?: string; cursor?: string; limit?: string; }; answer: TlbDump };
    /** Walk the guest's own page tables, or an EPT of L1. */
    walkTables: { params: { vm: VmId; vcpu: string; }; query?: { at?: string; gva?: Hex64; gpa?: PhysicalAddress; eptp?: Hex64; }; answer: WalkDump };
    /** List shadow pages in the order of their creation, or those below a root. */
    listShadowPages: { params: { vm: VmId; }; query?: { at?: string; gfn?: string; root?: PhysicalAddress; cursor?: string; limit?: string; }; answer: ShadowPageList };
    /** Read a shadow page with its entries. */
    getShadowPage: { params: { vm: VmId; hpa: PhysicalAddress; }; query?: { at?: string; }; answer: ShadowPageDump };
    /** Read guest-physical memory, and the memslots. */
    readMemory: { params: { vm: VmId; }; query?: { at?: string; gpa?: PhysicalAddress; bytes?: string; }; answer: MemoryDump };
    /** MOV to CR0, executed by the guest. */
    runMovCr0: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { value: Hex64; /** Register operand: 0 is RAX. Default: 0. */ gpr?: number; }; answer: Applied };
    /** MOV to CR3, executed by the guest; bit 63 of the value asks for no flush. */
    runMovCr3: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { value: Hex64; /** Register operand: 0 is RAX. Default: 0. */ gpr?: number; }; answer: Applied };
    /** MOV to CR4, executed by the guest. */
    runMovCr4: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { value: Hex64; /** Register operand: 0 is RAX. Default: 0. */ gpr?: number; }; answer: Applied };
    /** MOV from CR3, executed by the guest. */
    runMovFromCr3: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: { /** Register operand: 0 is RAX. Default: 0. */ gpr?: number; }; answer: Applied };
    /** WRMSR to IA32_EFER, executed by the guest. */
    runWrmsrEfer: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { value: Hex64; }; answer: Applied };
    /** WRMSR to IA32_PKRS, executed by the guest. */
    runWrmsrPkrs: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { value: Hex64; }; answer: Applied };
    /** WRPKRU, executed by the guest at whatever CPL. */
    runWrpkru: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { value: Hex32; /** Default: 0. */ ecx?: number; /** Must be 0, and so must ECX. Default: 0. */ edx?: number; }; answer: Applied };
    /** INVLPG, executed by the guest. */
    runInvlpg: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { gva: Hex64; /** Default: "memory". */ encoding?: OperandForm; }; answer: Applied };
    /** INVPCID, executed by the guest. */
    runInvpcid: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { "type": Operand64; pcid: Operand64; gva: Hex64; /** Default: "memory". */ encoding?: OperandForm; operand?: DescriptorOperand | null; }; answer: Applied };
    /** VMXON, executed by L1. */
    runVmxon: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { address: Hex64; /** Revision identifier that L1 stored in the region. Default: 300252880. */ revision?: number; }; answer: Applied };
    /** VMXOFF, executed by L1. */
    runVmxoff: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** VMCLEAR, executed by L1. */
    runVmclear: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { address: Hex64; }; answer: Applied };
    /** VMPTRLD, executed by L1. */
    runVmptrld: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { address: Hex64; /** Revision identifier that L1 stored in the region. Default: 300252880. */ revision?: number; }; answer: Applied };
    /** VMREAD from the current VMCS, executed by L1. */
    runVmread: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { field: VmcsField; }; answer: Applied };
    /** VMWRITE to the current VMCS, executed by L1. */
    runVmwrite: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { field: VmcsField; value: Hex64; }; answer: Applied };
    /** VMLAUNCH, executed by L1. */
    runVmlaunch: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** VMRESUME, executed by L1. */
    runVmresume: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** INVEPT, executed by L1. */
    runInvept: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { "type": Operand64; eptp: Hex64; /** Default: "memory". */ encoding?: OperandForm; operand?: DescriptorOperand | null; }; answer: Applied };
    /** INVVPID, executed by L1. */
    runInvvpid: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { "type": Operand64; vpid: Operand64; gva: Hex64; /** Default: "memory". */ encoding?: OperandForm; operand?: DescriptorOperand | null; }; answer: Applied };
    /** VMFUNC, executed by L2: function 0 switches the EPTP. */
    runVmfunc: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: { /** EAX. Default: 0. */ "function"?: number; /** ECX. Default: 0. */ index?: number; }; answer: Applied };
    /** L2 does something that L1 asked to see: a VM exit from L2 to L1. */
    runVmexit: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: { /** Basic exit reason. Default: 18. */ reason?: number; qualification?: Hex64; /** KVM reports the exit for an event, without running L2 first (to v5.19). */ synthesized?: true; }; answer: Applied };
    /** A Linux guest flushes other vCPUs: kvm_flush_tlb_multi(). The rest needs interrupts. */
    runPvFlush: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { vcpus: VcpuIndex[]; }; answer: Applied };
    /** The guest makes a hypercall of Hyper-V that flushes TLBs. */
    runHvFlush: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { call: "HvCallFlushVirtualAddressSpace" | "HvCallFlushVirtualAddressList" | "HvCallFlushVirtualAddressSpaceEx" | "HvCallFlushVirtualAddressListEx"; /** CR3 of the address space, unless bit 1 of `flags`. Default: "0x0". */ addressSpace?: Hex64; /** Bit 0: all processors; 1: all address spaces; 2: spare global pages. Default: 3. */ flags?: number; /** Without `Ex`; none means all. Default: "0x0". */ processorMask?: Hex64; /** With `Ex`; null: all. */ vpSet?: VpBank[] | null; /** Of a list: bits 11:0 count the pages that follow the first. */ gvas?: Hex64[]; }; answer: Applied };
    /** VMRUN, executed by L1 of an SVM hypervisor. */
    runVmrun: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: { /** nCR3. Without it nested paging is off. */ nestedCr3?: Hex64; /** Guest mode execute trap; KVM knows it since 7.3. Default: false. */ gmet?: boolean; /** Default: 1. */ asid?: number; /** Registers of L2; without them those of L1. */ cr0?: Hex64; cr3?: Hex64; cr4?: Hex64; efer?: Hex64; /** Default: 0. */ cpl?: number; }; answer: Applied };
    /** A load from linear memory, executed by the guest. */
    runRead: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { gva: Hex64; /** Bytes that are accessed. Default: 8. */ bytes?: 1 | 2 | 4 | 8; /** Access at CPL 3, whatever the CPL is. Default: false. */ user?: boolean; /** EFLAGS.AC: a supervisor may touch user pages. Default: false. */ ac?: boolean; }; answer: Applied };
    /** A store to linear memory, executed by the guest. */
    runWrite: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { gva: Hex64; value: Hex64; /** Bytes that are accessed. Default: 8. */ bytes?: 1 | 2 | 4 | 8; /** Access at CPL 3, whatever the CPL is. Default: false. */ user?: boolean; /** EFLAGS.AC: a supervisor may touch user pages. Default: false. */ ac?: boolean; }; answer: Applied };
    /** An instruction fetch from linear memory, by the guest. */
    runExecute: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { gva: Hex64; /** Access at CPL 3, whatever the CPL is. Default: false. */ user?: boolean; }; answer: Applied };
    /** KVM switches to a pgd through the root cache: kvm_mmu_new_pgd(). */
    runLoadRoot: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { pgd: Hex64; }; answer: Applied };
    /** KVM services the pending requests, loads a root and enters: vcpu_enter_guest(). */
    runEnter: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** KVM makes a request to the vCPU: kvm_make_request(). */
    runMakeRequest: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { request: RequestName; }; answer: Applied };
    /** A memslot was deleted or moved: kvm_mmu_zap_all_fast(). */
    runZapAll: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** The VMM adds, moves or deletes a memslot: KVM_SET_USER_MEMORY_REGION. */
    runSetMemslot: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { slot: MemslotId; /** Null deletes the memslot. */ memslot: Memslot | null; }; answer: Applied };
    /** The VMM, or a device, writes 8 bytes of memory; KVM does not see it. */
    runHostWrite: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { gpa: PhysicalAddress; value: Hex64; }; answer: Applied };
    /** The host schedules the vCPU out, and says so in its steal time. */
    runPreempt: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** The VMM sets CPUID of every vCPU: KVM_SET_CPUID2. What is left out has its default. */
    runSetCpuid: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: { cpuid?: CpuidFeatures; /** Default: 46. */ maxphyaddr?: number; }; answer: Applied };
    /** The VMM asks for the nested state: KVM_GET_NESTED_STATE. KVM stores the registers of an L2 that runs in its VMCS. */
    runGetNestedState: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** The VMM puts nested state back: KVM_SET_NESTED_STATE. */
    runSetNestedState: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: { /** The VMXON region; null: L1 is outside VMX operation. */ vmxon?: Hex64 | null; /** The current VMCS, as the VM holds it; null: none. */ vmcs12?: Hex64 | null; /** L2 runs, from that VMCS. Default: false. */ guestMode?: boolean; }; answer: Applied };
    /** An SMI reaches the vCPU, which enters system-management mode. */
    runSmi: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** RSM, executed by the guest in system-management mode. */
    runRsm: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** INIT reaches the vCPU, and sets its registers back; where it is blocked it waits. */
    runInit: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** The VMM turns dirty logging of a memslot on or off. */
    runDirtyLog: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { slot: MemslotId; enabled: boolean; }; answer: Applied };
    /** The VMM asks for the dirty pages of a memslot: KVM_GET_DIRTY_LOG. */
    runGetDirtyLog: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { slot: MemslotId; }; answer: Applied };
    /** The VMM has pages of a memslot logged again: KVM_CLEAR_DIRTY_LOG. */
    runClearDirtyLog: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { slot: MemslotId; /** A multiple of 64. Default: 0. */ firstPage?: number; /** A multiple of 64, or all up to the end. */ pages: number; /** The pages among them that are meant; without it all. */ dirty?: PageRun[]; }; answer: Applied };
    /** The host takes pages away, which come back when touched: kvm_unmap_gfn_range(). */
    runUnmap: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { gpa: PhysicalAddress; /** A multiple of 4096. Default: 4096. */ bytes?: number; }; answer: Applied };
    /** Builds page tables for a range, so that a test need not write their entries. */
    runMap: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: MapRange; answer: Applied };
    /** The VMM sets special registers: KVM_SET_SREGS. */
    runSetSregs: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: { cr0?: Hex64; cr3?: Hex64; cr4?: Hex64; efer?: Hex64; cpl?: number; csL?: boolean; vm86?: boolean; }; answer: Applied };
    /** KVM frees roots of an MMU: kvm_mmu_free_roots(). */
    runFreeRoots: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body: { mmu: MmuName; /** Slots; an empty list means all. */ roots?: Slot[]; }; answer: Applied };
    /** KVM drops all roots and configures the MMU anew: kvm_mmu_reset_context(). */
    runResetContext: { params: { vm: VmId; vcpu: string; }; query?: { dryRun?: "false" | "true"; }; body?: {}; answer: Applied };
    /** Apply commands to one VM, in order, until one is refused. */
    applyCommands: { params: { vm: VmId; }; query?: { events?: "false" | "true"; atomic?: "false" | "true"; dryRun?: "false" | "true"; }; body: Batch; answer: BatchApplied };
    /** Read or follow the history of a VM: its commands and events. */
    listEvents: { params: { vm: VmId; }; query?: { after?: string; epoch?: string; limit?: string; behind?: "gap" | "state"; kind?: FrameKind[]; vcpu?: string[]; mmu?: MmuName; root?: PhysicalAddress[]; severity?: Severity; }; answer: HistoryPage };
    /** Read what happened to a VM, lane by lane, at a zoom. */
    getTimeline: { params: { vm: VmId; }; query?: { "from"?: string; to?: string; buckets?: string; vcpu?: string[]; }; answer: Timeline };
    /** Explain a command or an event: its causes, and what else might have been done. */
    explainEvent: { params: { vm: VmId; seq: string; }; answer: Why };
    /** Read the violations of a VM: how many, where, and the first with their frames. */
    listViolations: { params: { vm: VmId; }; answer: ViolationList };
    /** Search the history of a VM by pgd, hpa, gva, gpa, kind or text. */
    searchHistory: { params: { vm: VmId; }; query?: { pgd?: Hex64; hpa?: PhysicalAddress; gva?: Hex64; gpa?: PhysicalAddress; kind?: "command" | "rewound" | "root-reused" | "root-missed" | "root-allocated" | "root-evicted" | "root-freed" | "root-marked-unsync" | "root-synced" | "request-made" | "request-serviced" | "tlb-flushed" | "page-allocated" | "page-zapped" | "page-unsynced" | "page-synced" | "page-fault" | "access" | "vm-exit" | "vm-entered" | "fault-injected" | "vm-fail" | "violation" | "mov-cr0" | "mov-cr3" | "mov-cr4" | "mov-from-cr3" | "wrmsr-efer" | "wrmsr-pkrs" | "wrpkru" | "invlpg" | "invpcid" | "vmxon" | "vmxoff" | "vmclear" | "vmptrld" | "vmread" | "vmwrite" | "vmlaunch" | "vmresume" | "invept" | "invvpid" | "vmfunc" | "vmexit" | "pv-flush" | "hv-flush" | "vmrun" | "read" | "write" | "execute" | "load-root" | "enter" | "make-request" | "zap-all" | "set-memslot" | "host-write" | "preempt" | "set-cpuid" | "get-nested-state" | "set-nested-state" | "smi" | "rsm" | "init" | "dirty-log" | "get-dirty-log" | "clear-dirty-log" | "unmap" | "map" | "set-sregs" | "free-roots" | "reset-context"; text?: string; after?: string; limit?: string; }; answer: Found };
    /** Wait until a command or event matches. */
    waitForEvent: { params: { vm: VmId; }; query?: { after?: string; timeoutMs?: string; kind?: FrameKind[]; vcpu?: string[]; mmu?: MmuName; root?: PhysicalAddress[]; severity?: Severity; }; answer: WaitAnswer };
    /** Wait until an event matches, or a condition on the state of a vCPU holds. */
    waitUntil: { params: { vm: VmId; }; body: Wait; answer: WaitAnswer };
    /** Compare the history and state of a VM with expectations. */
    verify: { params: { vm: VmId; }; body: Verification; answer: Verified };
    /** Explain, slot by slot, why a switch to a pgd would find a cached root or not. */
    explainLookup: { params: { vm: VmId; vcpu: string; }; query: { at?: string; pgd: Hex64; mmu?: MmuName; }; answer: LookupDump };
    /** Hold what a VM has run against all that its machine can come to. */
    getCoverage: { params: { vm: VmId; }; query?: { only?: "exercised" | "missed"; states?: string; depth?: string; waitMs?: string; cursor?: string; limit?: string; }; answer: Coverage };
    /** Read the worth of flushes, syncs and frees of a VM. */
    getLedger: { params: { vm: VmId; }; answer: LedgerDump };
    /** List the translations that the architecture allows for an address. */
    listAllowed: { params: { vm: VmId; vcpu: string; }; query: { at?: string; gva: Hex64; }; answer: AllowedDump };
    /** Read the things that a race charges for, with their prices by default. */
    getCostModel: { answer: CostModel };
    /** Run policies side by side over the same commands: a job. */
    startRace: { body: RaceRequest; answer: Job };
    /** Race policies over workloads, seeds, kernels and slots: a job. */
    startSweep: { body: SweepRequest; answer: Job };
    /** Visit every state of a small machine: a job. */
    startExploration: { body: ExplorationRequest; answer: Job };
    /** Score a trace of a real host, sent as it is: a job. */
    scoreTrace: { query?: { name?: string; kernel?: KernelName; prevRoots?: string; vcpus?: string; policy?: PolicyName[]; prices?: PriceListName; guestCycles?: string; }; body: TraceText; answer: Job };
    /** Read the verdict on a trace: as text, HTML with plots, or for other tools. */
    getTraceReport: { params: { job: JobId; }; query?: { "as"?: "text" | "html" | "json" | "perfetto" | "itf" | "csv"; }; answer: any };
    /** Make a VM of a trace, which has its commands as history. */
    makeTracedVm: { params: { job: JobId; }; body?: TracedVmCreation; answer: TracedVmMade };
    /** List the commands of a VM that are from a trace, and how much is known of each. */
    listTracedCommands: { params: { vm: VmId; }; query?: { after?: string; limit?: string; }; answer: TracedCommands };
    /** Cut commands that show a mistake to the fewest and simplest: a job. */
    startShrink: { body: ShrinkRequest; answer: Job };
    /** List the price lists. */
    listPriceLists: { answer: PriceLists };
    /** Keep a price list, of your own host for example, for races to name. */
    addPriceList: { body: PriceFile; answer: PriceFile };
    /** Read one price list, with the range and the source of every price. */
    getPriceList: { params: { name: PriceListName; }; answer: PriceFile };
    /** Delete a price list that a client gave. */
    deletePriceList: { params: { name: PriceListName; }; answer: undefined };
    /** Compare a VM with the lanes beside it, up to now. */
    getVmRace: { params: { vm: VmId; }; answer: RaceResult };
    /** List jobs in the order of their creation, without their results. */
    listJobs: { query?: { cursor?: string; limit?: string; }; answer: JobPage };
    /** Read a job: its progress, and its result. */
    getJob: { params: { job: JobId; }; answer: Job };
    /** Cancel a job, and forget it. */
    cancelJob: { params: { job: JobId; }; answer: undefined };
    /** Take a VM back to its configuration. */
    resetVm: { params: { vm: VmId; }; body?: {}; answer: RewoundFrame };
    /** Create a VM in the state of another one, at any moment that is kept. */
    forkVm: { params: { vm: VmId; }; body?: ForkBody; answer: Fork };
    /** Name the state of a VM at a moment: equal states have equal digests. */
    getDigest: { params: { vm: VmId; }; query?: { seq?: string; }; answer: StateDigest };
    /** Give the present state of a VM a name. */
    takeSnapshot: { params: { vm: VmId; }; body: SnapshotCreation; answer: Snapshot };
    /** List the snapshots of a VM, the oldest first. */
    listSnapshots: { params: { vm: VmId; }; answer: SnapshotList };
    /** Read a snapshot of a VM. */
    getSnapshot: { params: { vm: VmId; snapshot: SnapshotName; }; answer: Snapshot };
    /** Delete a snapshot. */
    deleteSnapshot: { params: { vm: VmId; snapshot: SnapshotName; }; answer: undefined };
    /** Take a VM back to a snapshot. */
    restoreSnapshot: { params: { vm: VmId; snapshot: SnapshotName; }; body?: {}; answer: RewoundFrame };
    /** Compare a VM at two moments. */
    diffMoments: { params: { vm: VmId; }; query: { "from": string; to?: string; limit?: string; }; answer: Diff };
    /** Compare two VMs, in configuration and state. */
    diffVms: { query: { a: VmId; b: VmId; aSeq?: string; bSeq?: string; limit?: string; }; answer: Diff };
    /** Write the case of a VM: its configuration, commands and results. */
    getCase: { params: { vm: VmId; }; answer: CaseFile };
    /** Read the commands around a moment, and the state before them. */
    getExcerpt: { params: { vm: VmId; }; query?: { at?: string; }; answer: Excerpt };
    /** Play a case on a new VM, and compare its results. */
    playCase: { body: CaseFile; answer: CaseAnswer };
    /** List the workloads, and their parameters. */
    listWorkloads: { answer: WorkloadList };
    /** System calls under page-table isolation: two PCIDs a process, no-flush switches between them, and mmap and munmap with INVLPG and INVPCID of the user PCID. */
    makeWorkloadKpti: { query?: { seed?: string; commands?: string; policy?: PolicyName; kernel?: KernelName; processes?: string; pages?: string; accesses?: string; mmapPercent?: string; switchPercent?: string; }; answer: CaseFile };
    /** Context switches of many processes over the six ASIDs of a CPU: a known one is kept without a flush, one whose generation is old is flushed, and a stranger takes the next in turn. */
    makeWorkloadAsids: { query?: { seed?: string; commands?: string; policy?: PolicyName; kernel?: KernelName; processes?: string; pages?: string; pti?: "false" | "true"; accesses?: string; changePercent?: string; lazyPercent?: string; nearPercent?: string; }; answer: CaseFile };
    /** Storms of fork, exec and exit: write-protected entries and a flush, copies on write, and page tables whose frames are soon those of another process, or its data. */
    makeWorkloadForkExit: { query?: { seed?: string; commands?: string; policy?: PolicyName; kernel?: KernelName; vcpus?: string; pages?: string; processes?: string; pti?: "false" | "true"; accesses?: string; forks?: string; execs?: string; exits?: string; switches?: string; }; answer: CaseFile };
    /** Many PCIDs whose page tables change while others run, each change flushed by INVPCID of one of its four types, at rates to choose. */
    makeWorkloadPcidChurn: { query?: { seed?: string; commands?: string; policy?: PolicyName; kernel?: KernelName; pcids?: string; pages?: string; accesses?: string; edits?: string; switches?: string; flushingSwitches?: string; needless?: string; invpcidAddress?: string; invpcidSingle?: string; invpcidAllGlobal?: string; invpcidAll?: string; deferred?: string; }; answer: CaseFile };
    /** Ranges are unmapped or protected, up to 33 pages with an INVLPG each and longer ones with a flush of everything, and come back by page faults. */
    makeWorkloadUnmap: { query?: { seed?: string; commands?: string; policy?: PolicyName; kernel?: KernelName; pages?: string; processes?: string; pti?: "false" | "true"; rangePages?: string; ceiling?: string; accesses?: string; protectPercent?: string; switchPercent?: string; }; answer: CaseFile };
    /** A nested L1 switches among L2s with an EPT each, moves, protects and takes away their pages, and executes INVEPT for one or for all before they run on. */
    makeWorkloadNestedInvept: { query?: { seed?: string; commands?: string; policy?: PolicyName; kernel?: KernelName; l2s?: string; vmcss?: string; pages?: string; accesses?: string; accessedDirty?: "false" | "true"; editPercent?: string; failPercent?: string; ownPercent?: string; single?: string; "global"?: string; deferred?: string; }; answer: CaseFile };
    /** A nested L1 without EPT keeps the page tables that L2 runs on, changes them, flushes by INVVPID or by the transitions, and sees the page faults of L2. */
    makeWorkloadNestedShadow: { query?: { seed?: string; commands?: string; policy?: PolicyName; kernel?: KernelName; spaces?: string; pages?: string; accesses?: string; vpid12?: "false" | "true"; editPercent?: string; address?: string; single?: string; all?: string; singleNonGlobal?: string; }; answer: CaseFile };
    /** Threads of shared address spaces on several vCPUs: whoever changes an entry flushes, and every other vCPU that has the tables loaded flushes in its interrupt handler. */
    makeWorkloadShootdown: { query?: { seed?: string; commands?: string; policy?: PolicyName; kernel?: KernelName; vcpus?: string; processes?: string; pages?: string; pti?: "false" | "true"; accesses?: string; flushPercent?: string; switchPercent?: string; lazyPercent?: string; racePercent?: string; }; answer: CaseFile };
    /** Aliases, recursive page tables, edits that are never flushed, no-flush reuse, toggles of PCIDE, PGE, WP, SMEP and NX, VM entries that fail, and operands that are not legal. */
    makeWorkloadHostile: { query?: { seed?: string; commands?: string; policy?: PolicyName; kernel?: KernelName; vcpus?: string; ept?: "false" | "true"; edits?: string; accesses?: string; switches?: string; registers?: string; invalidations?: string; vmx?: string; repairs?: string; }; answer: CaseFile };
}

/** Method and path of every operation. */
export const ROUTES: { readonly [Id in keyof Operations]: readonly [method: string, path: string] } = {
    getHealth: ["GET", "/healthz"],
    getReadiness: ["GET", "/readyz"],
    listPolicies: ["GET", "/v1/policies"],
    getModel: ["GET", "/v1/model"],
    listExhibits: ["GET", "/v1/museum"],
    getScene: ["GET", "/v1/museum/{exhibit}"],
    getCertificate: ["GET", "/v1/certificate"],
    createVm: ["POST", "/v1/vms"],
    listVms: ["GET", "/v1/vms"],
    deleteVms: ["DELETE", "/v1/vms"],
    getVm: ["GET", "/v1/vms/{vm}"],
    relabelVm: ["PATCH", "/v1/vms/{vm}"],
    deleteVm: ["DELETE", "/v1/vms/{vm}"],
    listVcpus: ["GET", "/v1/vms/{vm}/vcpus"],
    getVcpu: ["GET", "/v1/vms/{vm}/vcpus/{vcpu}"],
    getTlb: ["GET", "/v1/vms/{vm}/vcpus/{vcpu}/tlb"],
    walkTables: ["GET", "/v1/vms/{vm}/vcpus/{vcpu}/walk"],
    listShadowPages: ["GET", "/v1/vms/{vm}/shadow-pages"],
    getShadowPage: ["GET", "/v1/vms/{vm}/shadow-pages/{hpa}"],
    readMemory: ["GET", "/v1/vms/{vm}/memory"],
    runMovCr0: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/mov-cr0"],
    runMovCr3: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/mov-cr3"],
    runMovCr4: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/mov-cr4"],
    runMovFromCr3: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/mov-from-cr3"],
    runWrmsrEfer: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/wrmsr-efer"],
    runWrmsrPkrs: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/wrmsr-pkrs"],
    runWrpkru: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/wrpkru"],
    runInvlpg: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/invlpg"],
    runInvpcid: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/invpcid"],
    runVmxon: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmxon"],
    runVmxoff: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmxoff"],
    runVmclear: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmclear"],
    runVmptrld: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmptrld"],
    runVmread: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmread"],
    runVmwrite: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmwrite"],
    runVmlaunch: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmlaunch"],
    runVmresume: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmresume"],
    runInvept: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/invept"],
    runInvvpid: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/invvpid"],
    runVmfunc: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmfunc"],
    runVmexit: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmexit"],
    runPvFlush: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/pv-flush"],
    runHvFlush: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/hv-flush"],
    runVmrun: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/vmrun"],
    runRead: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/read"],
    runWrite: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/write"],
    runExecute: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/execute"],
    runLoadRoot: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/load-root"],
    runEnter: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/enter"],
    runMakeRequest: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/make-request"],
    runZapAll: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/zap-all"],
    runSetMemslot: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/set-memslot"],
    runHostWrite: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/host-write"],
    runPreempt: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/preempt"],
    runSetCpuid: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/set-cpuid"],
    runGetNestedState: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/get-nested-state"],
    runSetNestedState: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/set-nested-state"],
    runSmi: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/smi"],
    runRsm: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/rsm"],
    runInit: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/init"],
    runDirtyLog: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/dirty-log"],
    runGetDirtyLog: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/get-dirty-log"],
    runClearDirtyLog: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/clear-dirty-log"],
    runUnmap: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/unmap"],
    runMap: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/map"],
    runSetSregs: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/set-sregs"],
    runFreeRoots: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/free-roots"],
    runResetContext: ["POST", "/v1/vms/{vm}/vcpus/{vcpu}/reset-context"],
    applyCommands: ["POST", "/v1/vms/{vm}/commands"],
    listEvents: ["GET", "/v1/vms/{vm}/events"],
    getTimeline: ["GET", "/v1/vms/{vm}/timeline"],
    explainEvent: ["GET", "/v1/vms/{vm}/events/{seq}/why"],
    listViolations: ["GET", "/v1/vms/{vm}/violations"],
    searchHistory: ["GET", "/v1/vms/{vm}/search"],
    waitForEvent: ["GET", "/v1/vms/{vm}/wait"],
    waitUntil: ["POST", "/v1/vms/{vm}/wait"],
    verify: ["POST", "/v1/vms/{vm}/verify"],
    explainLookup: ["GET", "/v1/vms/{vm}/vcpus/{vcpu}/explain"],
    getCoverage: ["GET", "/v1/vms/{vm}/coverage"],
    getLedger: ["GET", "/v1/vms/{vm}/ledger"],
    listAllowed: ["GET", "/v1/vms/{vm}/vcpus/{vcpu}/allowed"],
    getCostModel: ["GET", "/v1/cost-model"],
    startRace: ["POST", "/v1/races"],
    startSweep: ["POST", "/v1/sweeps"],
    startExploration: ["POST", "/v1/explorations"],
    scoreTrace: ["POST", "/v1/traces"],
    getTraceReport: ["GET", "/v1/traces/{job}/report"],
    makeTracedVm: ["POST", "/v1/traces/{job}/vms"],
    listTracedCommands: ["GET", "/v1/vms/{vm}/trace"],
    startShrink: ["POST", "/v1/shrinks"],
    listPriceLists: ["GET", "/v1/price-lists"],
    addPriceList: ["POST", "/v1/price-lists"],
    getPriceList: ["GET", "/v1/price-lists/{name}"],
    deletePriceList: ["DELETE", "/v1/price-lists/{name}"],
    getVmRace: ["GET", "/v1/vms/{vm}/race"],
    listJobs: ["GET", "/v1/jobs"],
    getJob: ["GET", "/v1/jobs/{job}"],
    cancelJob: ["DELETE", "/v1/jobs/{job}"],
    resetVm: ["POST", "/v1/vms/{vm}/reset"],
    forkVm: ["POST", "/v1/vms/{vm}/fork"],
    getDigest: ["GET", "/v1/vms/{vm}/digest"],
    takeSnapshot: ["POST", "/v1/vms/{vm}/snapshots"],
    listSnapshots: ["GET", "/v1/vms/{vm}/snapshots"],
    getSnapshot: ["GET", "/v1/vms/{vm}/snapshots/{snapshot}"],
    deleteSnapshot: ["DELETE", "/v1/vms/{vm}/snapshots/{snapshot}"],
    restoreSnapshot: ["POST", "/v1/vms/{vm}/snapshots/{snapshot}/restore"],
    diffMoments: ["GET", "/v1/vms/{vm}/diff"],
    diffVms: ["GET", "/v1/diff"],
    getCase: ["GET", "/v1/vms/{vm}/case"],
    getExcerpt: ["GET", "/v1/vms/{vm}/excerpt"],
    playCase: ["POST", "/v1/cases"],
    listWorkloads: ["GET", "/v1/workloads"],
    makeWorkloadKpti: ["GET", "/v1/workloads/kpti"],
    makeWorkloadAsids: ["GET", "/v1/workloads/asids"],
    makeWorkloadForkExit: ["GET", "/v1/workloads/fork-exit"],
    makeWorkloadPcidChurn: ["GET", "/v1/workloads/pcid-churn"],
    makeWorkloadUnmap: ["GET", "/v1/workloads/unmap"],
    makeWorkloadNestedInvept: ["GET", "/v1/workloads/nested-invept"],
    makeWorkloadNestedShadow: ["GET", "/v1/workloads/nested-shadow"],
    makeWorkloadShootdown: ["GET", "/v1/workloads/shootdown"],
    makeWorkloadHostile: ["GET", "/v1/workloads/hostile"],
};
