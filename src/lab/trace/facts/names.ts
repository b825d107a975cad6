import { exitNameOf } from '../../calibrate/exit-names.js';

/** The name of an exit, and whose processor calls it that. */
export interface ExitName {
  /** In the words of {@link exitNameOf}. */
  readonly reason: string;
  readonly vendor: 'vmx' | 'svm' | null;
}

const known = new Map<string, ExitName>();
/** Names that are remembered: there are some two hundred. */
const NAMES_MAX = 1024;

/**
 * An exit by its printed name: `EXCEPTION_NMI`, `PF excp`, `EXIT_EXCP_PF`, `npf`.
 *
 * AMD's names are in lower case in the kernel, and begin with `EXIT_` in the tools' plugin.
 */
export function exitOf(text: string): ExitName {
  let name = known.get(text);
  if (name === undefined) {
    name = nameOf(text);
    if (known.size < NAMES_MAX) known.set(text.split('').join(''), name);
  }
  return name;
}

function nameOf(text: string): ExitName {
  // Flags of VMX stand behind its reason: `INVALID_STATE FAILED_VMENTRY`.
  const bare = text.replace(/^([A-Z][A-Z\d_]+) [A-Z\d_ |]+$/, '$1');
  const plugin = /^EXIT_(?!REASON)(.+)$/.exec(bare);
  const isSvm = plugin !== null || /[a-z]/.test(bare);
  const reason = exitNameOf(PLUGIN_NAMES[plugin?.[1] ?? ''] ?? plugin?.[1] ?? bare);
  // Nobody's number, and the word of the tools for it, are of either processor.
  if (/^0x[\da-f]+$|^UNKNOWN\b/.test(bare)) return { reason, vendor: null };
  return { reason, vendor: isSvm ? 'svm' : /^[A-Z]/.test(bare) ? 'vmx' : null };
}

/** Names of the plugin that are not the kernel's own in capitals. */
const PLUGIN_NAMES: Readonly<Record<string, string>> = {
  IOIO: 'io',
  INTR: 'interrupt',
  INVLPGA: 'invlpga',
};

/** An exit by its number. @param isa 1 is VMX, 2 is SVM: KVM's own numbers of them. */
export function exitOfNumber(number: number, isa: number): ExitName {
  const isSvm = isa === KVM_ISA_SVM;
  const names = isSvm ? SVM_EXITS : VMX_EXITS;
  const name = names[isSvm ? number : number & BASIC_REASON];
  return { reason: exitNameOf(name ?? `exit ${number}`), vendor: isSvm ? 'svm' : 'vmx' };
}

const KVM_ISA_SVM = 2;
/** Bits 15:0 of a VMX exit reason; flags lie above. */
const BASIC_REASON = 0xffff;

/** @see Linux `VMX_EXIT_REASONS`, arch/x86/include/uapi/asm/vmx.h */
const VMX_EXITS: Readonly<Record<number, string>> = {
  0: 'EXCEPTION_NMI',
  1: 'EXTERNAL_INTERRUPT',
  2: 'TRIPLE_FAULT',
  3: 'INIT_SIGNAL',
  7: 'INTERRUPT_WINDOW',
  8: 'NMI_WINDOW',
  9: 'TASK_SWITCH',
  10: 'CPUID',
  12: 'HLT',
  13: 'INVD',
  14: 'INVLPG',
  15: 'RDPMC',
  16: 'RDTSC',
  18: 'VMCALL',
  19: 'VMCLEAR',
  20: 'VMLAUNCH',
  21: 'VMPTRLD',
  22: 'VMPTRST',
  23: 'VMREAD',
  24: 'VMRESUME',
  25: 'VMWRITE',
  26: 'VMOFF',
  27: 'VMON',
  28: 'CR_ACCESS',
  29: 'DR_ACCESS',
  30: 'IO_INSTRUCTION',
  31: 'MSR_READ',
  32: 'MSR_WRITE',
  33: 'INVALID_STATE',
  36: 'MWAIT_INSTRUCTION',
  39: 'MONITOR_INSTRUCTION',
  40: 'PAUSE_INSTRUCTION',
  44: 'APIC_ACCESS',
  48: 'EPT_VIOLATION',
  49: 'EPT_MISCONFIG',
  50: 'INVEPT',
  52: 'PREEMPTION_TIMER',
  53: 'INVVPID',
  54: 'WBINVD',
  55: 'XSETBV',
  56: 'APIC_WRITE',
  58: 'INVPCID',
  59: 'VMFUNC',
  62: 'PML_FULL',
};

/** @see Linux `SVM_EXIT_REASONS`, arch/x86/include/uapi/asm/svm.h */
const SVM_EXITS: Readonly<Record<number, string>> = {
  0: 'read_cr0',
  2: 'read_cr2',
  3: 'read_cr3',
  4: 'read_cr4',
  16: 'write_cr0',
  18: 'write_cr2',
  19: 'write_cr3',
  20: 'write_cr4',
  24: 'write_cr8',
  78: 'PF excp',
  96: 'interrupt',
  97: 'nmi',
  98: 'smi',
  99: 'init',
  100: 'vintr',
  101: 'cr0_sel_write',
  110: 'rdtsc',
  111: 'rdpmc',
  114: 'cpuid',
  117: 'iret',
  119: 'invd',
  120: 'hlt',
  121: 'invlpg',
  122: 'invlpga',
  123: 'io',
  124: 'msr',
  125: 'task_switch',
  127: 'shutdown',
  128: 'vmrun',
  129: 'hypercall',
  130: 'vmload',
  131: 'vmsave',
  132: 'stgi',
  133: 'clgi',
  134: 'skinit',
  137: 'wbinvd',
  138: 'monitor',
  139: 'mwait',
  141: 'xsetbv',
  146: 'cr0_write_trap',
  147: 'cr3_write_trap',
  148: 'cr4_write_trap',
  162: 'invpcid',
  1024: 'npf',
};

const NUMBERS = new Map(
  Object.entries(VMX_EXITS).map(([number, name]) => [exitNameOf(name), Number(number)]),
);

/** Basic exit reason of VMX by its name; that of VMCALL where AMD or nobody has such a number. */
export function vmxExitNumber(reason: string): number {
  return NUMBERS.get(reason) ?? VMCALL;
}

const VMCALL = 18;
