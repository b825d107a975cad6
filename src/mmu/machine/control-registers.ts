/**
 * The bits of CR0, CR4 and EFER that an MMU cares about, by the kernel's names, and which of them
 * the architecture reserves. Registers are flag words: integers below 2^32.
 *
 * @see Intel SDM Vol. 3A, "Control Registers"; "Extended Feature Enable Register"
 */
export const X86_CR0_PE = 0x1;
export const X86_CR0_WP = 0x10000;
export const X86_CR0_NW = 0x20000000;
export const X86_CR0_CD = 0x40000000;
export const X86_CR0_PG = 0x80000000;
export const X86_CR0_EM = 0x4;
export const X86_CR0_TS = 0x8;

export const X86_CR4_PSE = 0x10;
export const X86_CR4_PAE = 0x20;
export const X86_CR4_PGE = 0x80;
const X86_CR4_UMIP = 0x800;
export const X86_CR4_LA57 = 0x1000;
export const X86_CR4_VMXE = 0x2000;
const X86_CR4_SMXE = 0x4000;
export const X86_CR4_FSGSBASE = 0x10000;
export const X86_CR4_PCIDE = 0x20000;
const X86_CR4_OSXSAVE = 0x40000;
export const X86_CR4_SMEP = 0x100000;
export const X86_CR4_SMAP = 0x200000;
export const X86_CR4_PKE = 0x400000;
export const X86_CR4_CET = 0x800000;
export const X86_CR4_PKS = 0x1000000;
export const X86_CR4_LAM_SUP = 0x10000000;

export const X86_EFLAGS_TF = 0x100;
export const X86_EFLAGS_IF = 0x200;
export const X86_EFLAGS_VM = 0x20000;

const EFER_SCE = 0x1;
export const EFER_LME = 0x100;
export const EFER_LMA = 0x400;
export const EFER_NX = 0x800;
export const EFER_SVME = 0x1000;

/** Bits of CR0 that exist; the rest below bit 32 are read-only zero and ignored on a write. */
export const CR0_DEFINED = 0xe005003f;

/** The oldest bits of CR4, in every processor with 64-bit mode: VME to OSXMMEXCPT. */
const CR4_BASE = 0x7ff;

/** Features that a CPUID leaf or a VM option must offer before a bit of CR4 may be set. */
export interface Cr4Features {
  readonly umip: boolean;
  readonly la57: boolean;
  readonly vmx: boolean;
  readonly smx: boolean;
  readonly fsgsbase: boolean;
  readonly pcid: boolean;
  readonly xsave: boolean;
  readonly smep: boolean;
  readonly smap: boolean;
  readonly pku: boolean;
  readonly cet: boolean;
  readonly pks: boolean;
  readonly lam: boolean;
}

/**
 * The bits of CR4 that the guest may set.
 *
 * @see Linux `__cr4_reserved_bits()`, arch/x86/kvm/x86.h
 */
export function cr4Allowed(has: Cr4Features): number {
  return (
    (CR4_BASE |
      (has.umip ? X86_CR4_UMIP : 0) |
      (has.la57 ? X86_CR4_LA57 : 0) |
      (has.vmx ? X86_CR4_VMXE : 0) |
      (has.smx ? X86_CR4_SMXE : 0) |
      (has.fsgsbase ? X86_CR4_FSGSBASE : 0) |
      (has.pcid ? X86_CR4_PCIDE : 0) |
      (has.xsave ? X86_CR4_OSXSAVE : 0) |
      (has.smep ? X86_CR4_SMEP : 0) |
      (has.smap ? X86_CR4_SMAP : 0) |
      (has.pku ? X86_CR4_PKE : 0) |
      (has.cet ? X86_CR4_CET : 0) |
      (has.pks ? X86_CR4_PKS : 0) |
      (has.lam ? X86_CR4_LAM_SUP : 0)) >>>
    0
  );
}

/** The bits of EFER that the guest may set: SCE, LME and LMA always, NX and SVME if CPUID has them. */
export function eferAllowed({ nx, svm }: { nx: boolean; svm: boolean }): number {
  return EFER_SCE | EFER_LME | EFER_LMA | (nx ? EFER_NX : 0) | (svm ? EFER_SVME : 0);
}
