/** Texts that mix dialects as mails do: a text, and in short what is read and what is counted. */
export const MIXES: readonly (readonly [mix: string, text: string, read: readonly string[]])[] = [
  [
    'perf with both ids, quoted, wrapped behind the time and twice more',
    '>  CPU 2/KVM  9002/9010 [011] d..1. 71234.000125:\n> kvm:kvm_exit: vcpu 2 reason npf rip 0xffffffff81000010 info1\n> 0x0000000200000006 info2 0x000000003fe00000 intr_info 0x00000000\n> error_code 0x00000000',
    [
      'CPU 2/KVM 9010 of 9002 [11] 71234000125000 exit vcpu:2 reason:EPT_VIOLATION vendor:svm info1:0x200000006 info2:0x3fe00000',
    ],
  ],
  [
    'AMD, five flags, a name with a blank and a slash, quoted twice, wrapped',
    '>> CPU 12/KVM-3001    [095] dN.2. 3000.000002: kvm_exit: vcpu 12 reason write_cr3\n>> rip 0xffffffff8106c0f8 info1 0x8000000000000000 info2 0x0000000000000000\n>> intr_info 0x00000000 error_code 0x00000000',
    [
      'CPU 12/KVM 3001 [95] 3000000002000 exit vcpu:12 reason:MOV_CR3 vendor:svm info1:0x8000000000000000 info2:0x0',
    ],
  ],
  [
    'a merged file, processes, AMD, quoted and wrapped, the time of a month',
    '>> h-2.dat:       CPU 11/KVM-9011  ( 9000) [120] ..... 2323301.154555: kvm_exit: vcpu 11 reason\n>> cr0_sel_write rip 0x9f info1 0x0000000000000000 info2\n>> 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000',
    [
      'h-2.dat: CPU 11/KVM 9011 of 9000 [120] 2323301154555000 exit vcpu:11 reason:CR0_SEL_WRITE vendor:svm info1:0x0 info2:0x0',
    ],
  ],
  [
    'a date, perf, flags before the CPU, the mark at the end, wrapped in the role',
    '> 2026-11-30 22:43:33.123456  CPU 0/KVM  9000/9002 d..1. [004] 71.000001:\n> kvmmmu:kvm_mmu_get_page: sp gen 3 gfn 1b2c l2 8-byte q0 direct\n> wux nxe ad root 1 sync new',
    ['CPU 0/KVM 9002 of 9000 [4] 71000001000 page made gfn:1b2c level:2 isDirect:true'],
  ],
  [
    'the mark alone on its line',
    '> q-9 [000] ..... 8.000001: kvm_mmu_get_page: sp gen 0 gfn 1b2c l1 8-byte q0 w-x nxe ad root 0 unsync\n> existing',
    ['q 9 [0] 8000001000 page found gfn:1b2c level:1 isDirect:false'],
  ],
  [
    'the mark in front, quoted, wrapped before the frame',
    '> q-9 [000] ..... 8.000001: kvm_mmu_get_page: new sp gfn\n> 1b2c l1 8-byte q0 w-x nxe ad root 0 unsync',
    ['q 9 [0] 8000001000 page made gfn:1b2c level:1 isDirect:false'],
  ],
  [
    'a time of day before tracefs',
    '22:43:33.000001 CPU 3/KVM-44 [002] d..1. 70.000001: kvm_entry: vcpu 3, rip 0x1000',
    ['CPU 3/KVM 44 [2] 70000001000 entry vcpu:3'],
  ],
  [
    'a date in brackets',
    '[2026-11-30 22:43:33] CPU 3/KVM-44 [002] d..1. 70.000001: kvm_entry: vcpu 3, rip 0x1000',
    ['CPU 3/KVM 44 [2] 70000001000 entry vcpu:3'],
  ],
  [
    'the journal, quoted: a zone without its colon, a host',
    '> 2026-11-30T22:43:33+0100 host-1 kernel: CPU 3/KVM-44 [002] d..1. 70.000001: kvm_entry: vcpu 3, rip 0x1000',
    ['CPU 3/KVM 44 [2] 70000001000 entry vcpu:3'],
  ],
  [
    'the date of ctime',
    'Mon Nov 30 22:43:33 2026 CPU 3/KVM-44 [002] d..1. 70.000001: kvm_entry: vcpu 3, rip 0x1000',
    ['CPU 3/KVM 44 [2] 70000001000 entry vcpu:3'],
  ],
  [
    'a date with the day first, and perf',
    '30/11/2026 22:43:33 CPU 3/KVM  44 [002] 70.000001: kvm:kvm_entry: vcpu 3, rip 0x1000',
    ['CPU 3/KVM 44 [2] 70000001000 entry vcpu:3'],
  ],
  [
    'every colon that may stand before a time',
    '2026-11-30T22:43:33.123+01:00 h kernel: [   12.123456] a.dat: q:vm: x-9002 [003] d..1. 1.000001: kvm_entry: vcpu 0, rip 0x10',
    ['a.dat: q:vm: x 9002 [3] 1000001000 entry vcpu:0'],
  ],
  [
    'bars as signs of a quote, and a wrapped entry',
    '| > CPU 0/KVM-41 [000] d..1. 1.000001: kvm_entry: vcpu 0,\n| > rip 0x10',
    ['CPU 0/KVM 41 [0] 1000001000 entry vcpu:0'],
  ],
  [
    'perf without ids, without a CPU, and without a name',
    'qemu-kvm [003] 6.000001: kvm:kvm_entry: vcpu 1 rip 0x1000\nqemu-kvm .N.. [003] 6.000002: kvm:kvm_entry: vcpu 1 rip 0x1000\n 9005/9006 [003] 6.000003: kvm:kvm_entry: vcpu 1 rip 0x1000\n[003] 6.000004: kvm:kvm_entry: vcpu 1 rip 0x1000\nCPU 1/KVM 6.000005: kvm:kvm_entry: vcpu 1 rip 0x1000',
    [
      'qemu-kvm null [3] 6000001000 entry vcpu:1',
      'qemu-kvm null [3] 6000002000 entry vcpu:1',
      ' 9006 of 9005 [3] 6000003000 entry vcpu:1',
      ' null [3] 6000004000 entry vcpu:1',
      'CPU 1/KVM null [null] 6000005000 entry vcpu:1',
    ],
  ],
  [
    'a CPU and a middle that somebody left out',
    ' q-1 [...] 8.000001: kvm_exit: reason CR_ACCESS rip 0x1 info 3 0\n[ ... ]\n[... 200 lines ...]\n< 30 more lines >\n---8<--- cut here ---8<---\n--- snip ---\n q-1 [000] d..1. 8.000002: kvm_exit: vcpu 0 reason CR_ACCESS rip 0xffff... info1 0x3 ...',
    [
      'q 1 [null] 8000001000 exit vcpu:null reason:CR_ACCESS vendor:vmx info1:0x3 info2:0x0',
      'q 1 [0] 8000002000 exit vcpu:0 reason:CR_ACCESS vendor:vmx info1:0x3 info2:null',
      '5 place where lines were left out: [ ... ]',
    ],
  ],
  [
    'commentary that only looks like such a place',
    'this goes on ...\nsee line 3 (...) there\n... and then the guest hung at vcpu 3 with this',
    ['3 text that is no event: this goes on ...'],
  ],
  [
    'files that are merged, quoted, one of them wrapped',
    '> /tmp/h1.dat:   CPU 0/KVM-100   [000] d..1. 8.000001: kvm_entry:\n> vcpu 0 rip 0x1\n> /tmp/h2.dat:   CPU 0/KVM-100   [000] d..1. 8.000002: kvm_entry: vcpu 0 rip 0x1',
    [
      '/tmp/h1.dat: CPU 0/KVM 100 [0] 8000001000 entry vcpu:0',
      '/tmp/h2.dat: CPU 0/KVM 100 [0] 8000002000 entry vcpu:0',
    ],
  ],
  [
    'raw fields, quoted and wrapped',
    '> q-1   [000]     6.358139: kvm_mmu_get_page:      mmu_valid_gen=0 gfn=256\n> role=14084 root_count=0 unsync=0 created=0',
    ['q 1 [0] 6358139000 page found gfn:100 level:4 isDirect:false'],
  ],
  [
    'raw fields of an entry, a fault, an exit and L2, and a read of CR3 that is no event of use',
    ' q-1   [000]     6.3: kvm_entry: vcpu_id=1 rip=0x10 immediate_exit=0\n q-1   [000]     6.4: kvm_page_fault: vcpu_id=1 guest_rip=0x1 fault_address=0xfd000 error_code=0x181\n q-1   [000]     6.5: kvm_exit: exit_reason=1024 guest_rip=0x1 isa=2 info1=0x100000014 info2=0xfd000\n q-1   [000]     6.6: kvm_nested_vmenter: rip=0x1 vmcb=0x41000 nested_rip=0x2 int_ctl=0 event_inj=0 tdp_enabled=1 guest_tdp_pgd=0x10001e guest_cr3=0 isa=1\n q-1   [000]     6.7: kvm_cr: rw=0 cr=3 val=0x103000',
    [
      'q 1 [0] 6300000000 entry vcpu:1',
      'q 1 [0] 6400000000 fault vcpu:1 address:0xfd000 error:0x181',
      'q 1 [0] 6500000000 exit vcpu:null reason:EPT_VIOLATION vendor:svm info1:0x100000014 info2:0xfd000',
      'q 1 [0] 6600000000 nested-enter vmcs:0x41000 eptp:0x10001e cr3:null',
    ],
  ],
  [
    'times by --ts2secs, of years and of nothing',
    ' q-1   [000]  0.000000000: kvm_entry: vcpu 0 rip 0x1\n q-1   [000]  1700000000.358139: kvm_entry: vcpu 0 rip 0x1',
    ['q 1 [0] 0 entry vcpu:0', 'q 1 [0] 1700000000358139000 entry vcpu:0'],
  ],
  [
    'functions, also such as are named like events, are calls and nothing else',
    ' CPU 0/KVM-41 [000] ..... 5.000001: kvm_mmu_zap_all_fast <-kvm_page_track_flush_slot\n CPU 0/KVM-41 [000] ..... 5.000002: kvm_mmu_get_page+0x0/0x50 [kvm] <-kvm_set_cr3+0x10/0x190 [kvm]\n CPU 0/KVM-41 [000] 5.000003: function:             kvm_mmu_zap_all_fast <-- kvm_set_cr3',
    [],
  ],
  [
    'functions by the graph have no time',
    ' 0)               |  kvm_mmu_load() {\n 0) + 10.123 us   |  }\n 0)               |  /* kvm_entry: vcpu 0, rip 0x1 */\n 1)  CPU 0/KVM-41 =>  CPU 1/KVM-42',
    ['4 line of function_graph, without a time: 0)               |  kvm_mmu_load() {'],
  ],
  [
    'kprobes by tracefs, by perf and wrapped',
    '> CPU 0/KVM-41   [000] d.... 5.000001: inv_pcid: (kvm_invalidate_pcid+0x0/0xb0\n> [kvm]) pcid=0x3\n> CPU 0/KVM  41 [000] 5.000002: probe:kvm_set_cr3_1: (ffffffffc0b1a2b3) cr3=0x103000',
    [
      'CPU 0/KVM 41 [0] 5000001000 probe of:kvm_invalidate_pcid pcid=0x3',
      'CPU 0/KVM 41 [0] 5000002000 probe of:kvm_set_cr3 cr3=0x103000',
    ],
  ],
  [
    'probes of returns say nothing of arguments',
    ' CPU 0/KVM-41 [000] ..... 5.000001: set_cr3: (handle_cr+0x4/0x10 [kvm_intel] <- kvm_set_cr3) val=0x0\n CPU 0/KVM  41 [000] 5.000002: probe:kvm_set_cr3: (ffffffffc0b1a2b3 <- ffffffffc0263a60) val=0x0',
    [],
  ],
  [
    'stacks between quoted lines',
    '> q-1 [000] ..... 1.000001: kvm_entry: vcpu 0, rip 0x1\n> q-1 [000] ..... 1.000002: <stack trace>\n> => kvm_mmu_load\n> q-1 [000] ..... 1.000003: kernel_stack:         <stack trace >\n> => vcpu_enter_guest (ffffffffc0263a60)\n> q-1 [000] ..... 1.000004: <user stack trace>\n> =>  <00007f1234567890>',
    ['q 1 [0] 1000001000 entry vcpu:0'],
  ],
  [
    'flags of VMX behind a reason, and a reason that nobody has a name for',
    ' q-1 [000] d..1. 1.000001: kvm_exit: vcpu 0 reason INVALID_STATE FAILED_VMENTRY rip 0x9f info1 0x0 info2 0x0\n q-1 [000] d..1. 1.000002: kvm_exit: vcpu 0 reason 0x4c rip 0x9f info1 0x0 info2 0x0\n q-1 [000] 1.000003: kvm_exit: reason UNKNOWN rip 0x9f info 0 0',
    [
      'q 1 [0] 1000001000 exit vcpu:0 reason:INVALID_STATE vendor:vmx info1:0x0 info2:0x0',
      'q 1 [0] 1000002000 exit vcpu:0 reason:0X4C vendor:null info1:0x0 info2:0x0',
      'q 1 [0] 1000003000 exit vcpu:null reason:UNKNOWN vendor:null info1:0x0 info2:0x0',
    ],
  ],
  [
    'L2 on AMD, with colons, quoted over three lines',
    '> CPU 0/KVM-41 [000] ..... 1.000001: kvm_nested_vmenter: rip: 0x000000000001008d\n> vmcb: 0x0000000000041000 nested_rip: 0x00000000000100c0 int_ctl: 0x00000000\n> event_inj: 0x00000000 nested_npt=y nested_cr3: 0x0000000000051000',
    ['CPU 0/KVM 41 [0] 1000001000 nested-enter vmcs:0x41000 eptp:0x51000 cr3:null'],
  ],
  [
    'a place of the host on a line of its own',
    '> CPU 0/KVM-9002 [025] 3000.000002: kvm_mmu_set_spte:     gfn fffff spte 8aa0000025 (r-xu) level 1\n>   at 8da0000ff8',
    ['CPU 0/KVM 9002 [25] 3000000002000 spte gfn:fffff level:1 at:0x8da0000ff8'],
  ],
  [
    'a dump of a role beside a trace, and a line that lost its time',
    '  role = {\n    word = 0x791,\n  }\n qemu-kvm 9 [003] kvm:kvm_entry: vcpu 1 rip 0x1000',
    ['4 text that is no event: role = {'],
  ],
  [
    'a half of a line that another one follows: counted, and the other is read',
    '> CPU 0/KVM-41 [000] d..1. 1.000\n> CPU 0/KVM-41 [000] d..1. 1.000002: kvm_entry: vcpu 0, rip 0x1\n> CPU 0/KVM-41 [000] d..1. 1.000003: kvm_cr: cr_write 3',
    [
      'CPU 0/KVM 41 [0] 1000002000 entry vcpu:0',
      '1 text that is no event: CPU 0/KVM-41 [000] d..1. 1.000',
      '1 kvm_cr in a form that is not known: kvm_cr: cr_write 3',
    ],
  ],
  [
    'perf without a thread, four, five and six flags before the CPU',
    'q/KVM d..1 [002] 70.000001: kvm:kvm_entry: vcpu 3, rip 0x1\nq/KVM dN.2. [002] 70.000002: kvm:kvm_entry: vcpu 3, rip 0x1\nq/KVM dN.2.b [002] 70.000003: kvm:kvm_entry: vcpu 3, rip 0x1',
    [
      'q/KVM null [2] 70000001000 entry vcpu:3',
      'q/KVM null [2] 70000002000 entry vcpu:3',
      'q/KVM null [2] 70000003000 entry vcpu:3',
    ],
  ],
];
