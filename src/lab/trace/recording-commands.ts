/** Tools by which a trace can be recorded. */
export const RECORDERS = ['ftrace', 'trace-cmd', 'perf', 'bpftrace'] as const;
export type Recorder = (typeof RECORDERS)[number];

/** Events that a verdict needs, in the groups kvm and kvmmmu. */
const EVENTS = [
  ...['kvm:kvm_entry', 'kvm:kvm_exit', 'kvm:kvm_cr', 'kvm:kvm_page_fault', 'kvm:kvm_emulate_insn'],
  ...['kvm:kvm_nested_vmenter', 'kvm:kvm_nested_vmexit', 'kvm:kvm_nested_vmexit_inject'],
  ...['kvmmmu:kvm_mmu_get_page', 'kvmmmu:kvm_mmu_prepare_zap_page', 'kvmmmu:kvm_mmu_sync_page'],
  ...['kvmmmu:kvm_mmu_unsync_page', 'kvmmmu:kvm_mmu_zap_all_fast', 'kvmmmu:kvm_mmu_set_spte'],
  ...['kvmmmu:kvm_mmu_spte_requested', 'kvmmmu:kvm_mmu_pagetable_walk'],
  ...['kvmmmu:kvm_mmu_paging_element', 'kvmmmu:kvm_mmu_walker_error'],
];

/** Kprobes for operands that no event has: name, function, arguments in the order of registers. */
const PROBES = [
  { name: 'set_cr3', of: 'kvm_set_cr3', args: [['val', '%si']] },
  { name: 'mmu_invlpg', of: 'kvm_mmu_invlpg', args: [['gva', '%si']] },
  { name: 'invpcid', of: 'kvm_handle_invpcid', args: [['type', '%si']] },
  {
    name: 'invpcid_gva',
    of: 'kvm_mmu_invpcid_gva',
    args: [
      ['gva', '%si'],
      ['pcid', '%dx'],
    ],
  },
  { name: 'inv_pcid', of: 'kvm_invalidate_pcid', args: [['pcid', '%si']] },
] as const;

/** Limits of all of the tools. */
const NOTES = [
  'A guest on EPT or NPT writes CR3 without an exit, and no recording of KVM has it. Its roots show',
  'with kvm_intel.ept=0 or kvm_amd.npt=0, or where it is a hypervisor itself (nested EPTPs).',
  'Read the recording with: mmulab score FILE',
];

/**
 * The commands of one tool that record a trace from which a verdict follows.
 *
 * @param withProbes With kprobes for operands that no event has. Without, they are inferred.
 */
export function recordingText(recorder: Recorder, withProbes: boolean): string {
  const lines = [...linesOf(recorder, withProbes), '', ...NOTES.map((line) => `# ${line}`)];
  return `${lines.join('\n')}\n`;
}

function linesOf(recorder: Recorder, withProbes: boolean): string[] {
  switch (recorder) {
    case 'ftrace':
      return [
        'cd /sys/kernel/tracing',
        'echo 65536 > buffer_size_kb',
        'echo 1 > options/record-tgid',
        ...(withProbes ? probeLines('kprobe_events') : []),
        ...EVENTS.map((event) => `echo 1 > events/${event.replace(':', '/')}/enable`),
        ...(withProbes ? ['echo 1 > events/kp/enable'] : []),
        'echo > trace; echo 1 > tracing_on; sleep 10; echo 0 > tracing_on',
        'gzip -c trace > trace.txt.gz',
      ];
    case 'trace-cmd':
      return [
        ...(withProbes ? probeLines('/sys/kernel/tracing/kprobe_events') : []),
        `trace-cmd record -b 65536 ${eventFlags('-e')}${withProbes ? ' -e kp' : ''} sleep 10`,
      ];
    case 'perf':
      return [
        ...(withProbes ? PROBES.map(perfProbe) : []),
        `perf record -a -m 4096 ${eventFlags('-e')}${withProbes ? " -e 'probe:kvm_*'" : ''} sleep 10`,
        'perf script -F comm,pid,tid,cpu,time,event,trace > trace.txt',
      ];
    case 'bpftrace':
      return bpftraceLines(withProbes);
  }
}

function eventFlags(flag: string): string {
  return EVENTS.map((event) => `${flag} ${event}`).join(' ');
}

function probeLines(file: string): string[] {
  return PROBES.map(({ name, of, args }) => {
    return `echo 'p:kp/${name} kvm:${of} ${argumentsOf(args)}' >> ${file}`;
  });
}

function perfProbe({ of, args }: (typeof PROBES)[number]): string {
  return `perf probe -m kvm '${of} ${argumentsOf(args)}'`;
}

/** Arguments of a probe, as the kernel and perf both take them. */
function argumentsOf(args: (typeof PROBES)[number]['args']): string {
  return args.map(([field, register]) => `${field}=${register}:x64`).join(' ');
}

/** Lines in the form of tracefs, which is the one that is read. */
function bpftraceLines(withProbes: boolean): string[] {
  const line = (event: string, format: string, args: string) =>
    `  printf("%s-%d [%03d] ..... %llu.%06llu: ${event}: ${format}\\n", comm, tid, cpu, nsecs / 1000000000, nsecs % 1000000000 / 1000, ${args});`;
  const probes = PROBES.map(({ of, args }) => {
    const format = `(${of}+0x0/0x0 [kvm]) ${args.map(([field]) => `${field}=0x%llx`).join(' ')}`;
    const values = args.map((_, index) => `arg${index + 1}`).join(', ');
    return [`kprobe:${of} {`, line(of, format, values), '}'].join('\n');
  });
  return [
    "bpftrace -e '",
    'tracepoint:kvm:kvm_entry {',
    line('kvm_entry', 'vcpu %u, rip 0x%llx', 'args->vcpu_id, args->rip'),
    '}',
    'tracepoint:kvm:kvm_cr /args->rw == 1/ {',
    line('kvm_cr', 'cr_write %u = 0x%llx', 'args->cr, args->val'),
    '}',
    'tracepoint:kvmmmu:kvm_mmu_get_page {',
    line(
      'kvm_mmu_get_page',
      'mmu_valid_gen=0 gfn=%llu role=%u root_count=0 unsync=0 created=%d',
      'args->gfn, args->role, args->created',
    ),
    '}',
    ...(withProbes ? probes : []),
    "' > trace.txt",
    '# exits, faults and walks cost a probe each here: trace-cmd is the better recorder for them',
  ];
}
