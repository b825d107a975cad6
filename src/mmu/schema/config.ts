import { z } from 'zod';
import { KERNEL_NAMES, offeredFeatures } from '../kernel/index.js';
import { layoutFlawsOf, sregsFlawsOf } from '../machine/index.js';
import { POLICY_NAMES } from '../policies/index.js';
import { VCPUS_PER_VM_MAX } from './command-fields.js';
import { DEFECT_NAMES, DEFECTS_MAX } from './defect-names.js';
import { Hex32, Hex64, PhysicalAddress } from './hex.js';
import { MEMSLOTS_MAX, Memslot } from './memory.js';
import { PREV_ROOTS_MAX } from './names.js';
import { objection } from './text.js';

/** Shadow pages of a VM. */
export const MMU_PAGES_MAX = 65_536;

export const PolicyName = z
  .enum(POLICY_NAMES)
  .meta({ id: 'PolicyName', description: 'Policy for the roots that an invalidation covers.' });

export const KernelName = z.enum(KERNEL_NAMES).meta({
  id: 'KernelName',
  description:
    'Every rule in which versions differ: a release of Linux, or a series that stands for one.',
});
export type KernelName = z.output<typeof KernelName>;

export const DefectName = z
  .enum(DEFECT_NAMES)
  .meta({ id: 'DefectName', description: 'A bug that KVM had, or a mutant of the model.' });
export type DefectName = z.output<typeof DefectName>;

/** Entries of a bounded TLB. */
export const TLB_ENTRIES_MAX = 65_536;

const TlbOption = z
  .union(
    [
      z.enum(['ideal', 'off']),
      z.strictObject({ entries: z.number().int().min(1).max(TLB_ENTRIES_MAX) }),
    ],
    { error: objection('neither "ideal", "off" nor an object with `entries`') },
  )
  .meta({
    id: 'TlbOption',
    description: 'Capacity of a TLB: everything, a number of entries, or nothing.',
  });

const feature = (on: boolean, description: string) => z.boolean().default(on).describe(description);

/** The features that CPUID offers to the guest. */
export const CpuidFeatures = z
  .strictObject({
    pcid: feature(true, 'Process-context identifiers.'),
    invpcid: feature(true, 'The INVPCID instruction.'),
    nx: feature(true, 'Execute disable.'),
    la57: feature(false, '57-bit linear addresses.'),
    smep: feature(true, 'CR4.SMEP.'),
    smap: feature(true, 'CR4.SMAP.'),
    umip: feature(true, 'CR4.UMIP.'),
    fsgsbase: feature(true, 'CR4.FSGSBASE.'),
    xsave: feature(true, 'CR4.OSXSAVE.'),
    pku: feature(true, 'CR4.PKE; with paging `ept` alone.'),
    pks: feature(false, 'CR4.PKS, which no Linux offers; with paging `ept` alone.'),
    cet: feature(false, 'CR4.CET.'),
    smx: feature(false, 'CR4.SMXE.'),
    lam: feature(false, 'Linear-address masking.'),
    vmx: feature(true, 'VMX, for an L1 hypervisor; only with vendor `vmx`.'),
    hyperv: feature(false, 'The hypercalls of Hyper-V.'),
  })
  .meta({ id: 'CpuidFeatures' });

/** Bits of a physical address. */
export const Maxphyaddr = z.number().int().min(36).max(52).default(46);

const controls = (msr: string, description: string) =>
  Hex64.prefault(msr).describe(
    `${description}: bits 31:0 must be 1 in the control word, bits 63:32 may be.`,
  );

/** The features that the VMX capability MSRs offer to L1. */
export const VmxCapabilities = z
  .strictObject({
    eptVpidCap: Hex64.prefault('0xf01063340c1').describe('IA32_VMX_EPT_VPID_CAP.'),
    ept: feature(true, 'Secondary control "enable EPT".'),
    vpid: feature(true, 'Secondary control "enable VPID".'),
    unrestrictedGuest: feature(true, 'Secondary control "unrestricted guest".'),
    cr3TargetCountMax: z.number().int().min(0).max(4).default(4).describe('IA32_VMX_MISC[24:16].'),
    vmwriteAnyField: feature(false, 'IA32_VMX_MISC[29]: VMWRITE to exit-information fields.'),
    pinbasedCtls: controls('0xff00000016', 'IA32_VMX_TRUE_PINBASED_CTLS'),
    procbasedCtls: controls('0xfff9fffe04006172', 'IA32_VMX_TRUE_PROCBASED_CTLS'),
    procbasedCtls2: controls(
      '0x653fbff00000000',
      'IA32_VMX_PROCBASED_CTLS2, less what CPUID, the options above and the kernel do not offer',
    ),
    exitCtls: controls(
      '0x30ffffff00036dfb',
      'IA32_VMX_TRUE_EXIT_CTLS, less CET and PKS without CPUID',
    ),
    entryCtls: controls(
      '0x51f3ff000011fb',
      'IA32_VMX_TRUE_ENTRY_CTLS, less CET and PKS without CPUID',
    ),
  })
  .meta({ id: 'VmxCapabilities' });

export const MemoryWord = z
  .strictObject({ gpa: PhysicalAddress, value: Hex64 })
  .meta({ id: 'MemoryWord', description: 'Eight bytes of guest-physical memory.' });

const MemoryFill = z
  .strictObject({
    gpa: PhysicalAddress,
    count: z.number().int().min(1).max(65536),
    stride: z
      .number()
      .int()
      .min(8)
      .max(2 ** 30)
      .multipleOf(8),
    first: PhysicalAddress,
    step: PhysicalAddress,
  })
  .meta({
    id: 'MemoryFill',
    description: '`count` words, `stride` bytes apart, rising by `step`.',
  });

/** Guest-physical memory and what it holds at the start. */
export const MemoryConfig = z
  .strictObject({
    memslots: z
      .array(Memslot)
      .min(1)
      .max(MEMSLOTS_MAX)
      .prefault([{ gpa: '0x0', bytes: 2 ** 32 }])
      .describe('Default: 4 GiB at 0.'),
    words: z.array(MemoryWord).max(65536).default([]),
    fills: z.array(MemoryFill).max(64).default([]),
  })
  .meta({ id: 'MemoryConfig' });

/** Registers of a new vCPU. */
export const InitialRegisters = z
  .strictObject({
    cr0: Hex64.prefault('0x80010033'),
    cr3: Hex64.prefault('0x0'),
    cr4: Hex64.prefault('0xa0'),
    efer: Hex64.prefault('0x500'),
    pkru: Hex32.prefault('0x0'),
    pkrs: Hex32.prefault('0x0').describe('IA32_PKRS.'),
  })
  .meta({ id: 'InitialRegisters', description: 'Default: 64-bit mode, paging on, CR3 0.' });

/** Everything a VM is made from. */
export const VmConfig = z
  .strictObject({
    vcpus: z.number().int().min(1).max(VCPUS_PER_VM_MAX).default(1),
    policy: PolicyName.default('mainline'),
    kernel: KernelName.default('6.1'),
    vendor: z.enum(['vmx', 'svm']).default('vmx'),
    paging: z
      .enum(['shadow', 'ept'])
      .default('shadow')
      .describe(
        '`shadow`: root_mmu shadows the page tables of L1. `ept`: L1 runs on a direct MMU.',
      ),
    prevRoots: z.number().int().min(0).max(PREV_ROOTS_MAX).default(3),
    mmuPages: z
      .number()
      .int()
      .min(64)
      .max(MMU_PAGES_MAX)
      .default(1024)
      .describe('Shadow pages: beyond that the oldest that are no root go. KVM_SET_NR_MMU_PAGES.'),
    tlb: TlbOption.default('ideal').describe(
      '`ideal` drops nothing that it was not told to drop; `off` keeps nothing.',
    ),
    oracle: z
      .enum(['on', 'off'])
      .default('on')
      .describe('`on`: every access is compared with what the architecture allows.'),
    defects: z
      .array(DefectName)
      .max(DEFECTS_MAX)
      .default([])
      .describe('Mistakes that the model makes on purpose: see GET /v1/museum.'),
    flushOnReuse: z.boolean().default(false).describe('Module parameter kvm.flush_on_reuse.'),
    manualDirtyLogProtect: z
      .enum(['off', 'on', 'initially-set'])
      .default('off')
      .describe('KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: `get-dirty-log` alone protects nothing anew.'),
    maxphyaddr: Maxphyaddr,
    cpuid: CpuidFeatures.prefault({}),
    vmx: VmxCapabilities.prefault({}),
    memory: MemoryConfig.prefault({}),
    registers: InitialRegisters.prefault({}),
  })
  .superRefine(
    (config, context) => {
      for (const { path, message } of configFlawsOf(config)) {
        context.addIssue({ code: 'custom', path, message });
      }
    },
    // Unless every field is right, not every value is what the machine computes with.
    { when: ({ issues }) => issues.length === 0 },
  )
  .meta({ id: 'VmConfig', description: 'Configuration of a VM.' });

export type VmConfig = Readonly<z.output<typeof VmConfig>>;
export type VmConfigInput = z.input<typeof VmConfig>;

/** Flaws that no field shows alone: registers must fit the processor, and memory its slots. */
function configFlawsOf(config: Checked): { path: (string | number)[]; message: string }[] {
  const { maxphyaddr, memory, registers } = config;
  const cpuid = offeredFeatures(config);
  return [
    ...layoutFlawsOf(memory, maxphyaddr).map(({ path, message }) => ({
      path: ['memory', ...path],
      message,
    })),
    ...sregsFlawsOf(registers, { maxphyaddr, cpuid, checksEfer: true }).map(
      ({ register, message }) => ({
        path: ['registers', register],
        message,
      }),
    ),
  ];
}

interface Checked {
  readonly kernel: KernelName;
  readonly vendor: 'vmx' | 'svm';
  readonly paging: 'shadow' | 'ept';
  readonly maxphyaddr: number;
  readonly cpuid: z.output<typeof CpuidFeatures>;
  readonly memory: z.output<typeof MemoryConfig>;
  readonly registers: z.output<typeof InitialRegisters>;
}
