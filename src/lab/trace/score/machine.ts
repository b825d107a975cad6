import { hex, type KernelName, nearestRelease, wordToHex } from '../../../mmu/index.js';
import { PREV_ROOTS_MAX, VCPUS_PER_VM_MAX, type VmConfigInput } from '../../../mmu/schema/index.js';
import { PREV_ROOTS } from '../reconstruct/histories.js';
import type { VmTrace } from '../reconstruct/vm.js';

/** Beyond what a trace shows of its machine: what the user says. */
export interface MachineOptions {
  /** The kernel's rules; unless told, those nearest to the release that the trace names. */
  readonly kernel?: KernelName;
  readonly prevRoots?: number;
  /** The VM's vCPUs; unless told, those that ran while its first windows were held. */
  readonly vcpus?: number;
}

/** Memory of a traced guest: every frame that its tables may name, up to 256 TiB. */
const MEMORY_BYTES = 2 ** 48;
const CR4_USUAL = 0xa0;
const CR4_PCIDE = 0x20000;
const CR4_LA57 = 0x1000;
/** Long mode with NX: every guest since 2005 turns it on, and tables may have its bit. */
const EFER_LONG_NX = 0xd00;
const LEVELS_LA57 = 5;
const DEFAULT_KERNEL: KernelName = '6.1';

/** Kernel by a release such as `6.1.0-57-cloud-amd64`; the default's if the trace names none. */
export function kernelOf(release: string | null, asked?: KernelName): KernelName {
  if (asked !== undefined) return asked;
  const version = /^\d+\.\d+(?:\.\d+)?/.exec(release ?? '')?.[0];
  return (version === undefined ? undefined : nearestRelease(version)) ?? DEFAULT_KERNEL;
}

/**
 * The machine of a VM in a trace, as far as it shows: registers that it never names are as Linux
 * has them.
 */
export function machineOf(
  { hints }: VmTrace,
  release: string | null,
  { kernel, prevRoots = PREV_ROOTS, vcpus = 1 }: MachineOptions,
): VmConfigInput {
  const isLa57 = hints.levels === LEVELS_LA57;
  const cr4 = CR4_USUAL + (hints.usesPcid ? CR4_PCIDE : 0) + (isLa57 ? CR4_LA57 : 0);
  return {
    kernel: kernelOf(release, kernel),
    vendor: hints.vendor ?? 'vmx',
    paging: hints.paging ?? 'shadow',
    vcpus: Math.min(Math.max(vcpus, hints.vcpus), VCPUS_PER_VM_MAX),
    prevRoots: Math.min(prevRoots, PREV_ROOTS_MAX),
    maxphyaddr: 52,
    cpuid: { la57: isLa57, vmx: hints.vendor !== 'svm' },
    memory: { memslots: [{ gpa: '0x0', bytes: MEMORY_BYTES }] },
    registers: {
      cr3: hints.cr3 === null ? '0x0' : wordToHex(hints.cr3),
      cr4: hex(cr4),
      efer: hex(EFER_LONG_NX),
    },
  };
}
