import type { CommandInput, VmConfigInput } from '../../../../src/mmu/schema/index.js';
import { hexOf } from '../../attempt/hex.js';
import { hostWrite, movCr3, movCr4, onVcpu, vmwrite } from './commands.js';
import {
  DATA,
  DATA_PAGES,
  EPT_TABLES,
  EPTP,
  EPTP_AD,
  entry,
  FRAMES,
  OTHER,
  OTHER_EPT_TABLES,
  OTHER_EPTP,
  OTHER_LEAF_TABLES,
  PTE_WINDOW,
  pdOf,
  pdptOf,
  pteOf,
  READ_ONLY,
  ROOTS,
  type Space,
  TABLES,
  WINDOW_PAGES,
  X,
} from './layout.js';

/** The machine of a replay, as far as cases differ in it. */
export interface ReplayMachine {
  readonly paging: 'shadow' | 'ept';
  readonly mode: '4-level' | 'PAE' | 'none';
  readonly pcide: boolean;
  readonly wp: boolean;
  readonly smep: boolean;
  readonly nxe: boolean;
  /** Levels of KVM's own tables, which depend on the width of physical addresses. */
  readonly hostLevels: 4 | 5;
  readonly cpuid: NonNullable<VmConfigInput['cpuid']>;
  /** An L1 hypervisor; null for a guest alone. */
  readonly l1: Hypervisor | null;
  /** Two entries of a PDPT, the second one read-only, point at one page directory. */
  readonly sharesPmd: boolean;
}

/** An L1 with an L2 that runs on the tables of L1's own first space. */
export interface Hypervisor {
  /** VPID of L2; 0 if the control is off. */
  readonly vpid: number;
  /** Whether the second EPTP is of the same EPT, with A and D enabled. */
  readonly sharesEpt: boolean;
  /** Whether L1 owns CR4.PGE, so that its change by L2 is emulated. */
  readonly ownsPge: boolean;
  /** vCPUs, each with a VMCS of its own; L2 of the second one runs on the second space. */
  readonly vcpus: number;
}

const PGE = 0x80;
const VMXE = 0x2000;
const PCIDE = 0x20000;
const SMEP = 0x100000;
const NXE = 0x800;

const ENABLE_EPT = 0x2;
const ENABLE_VPID = 0x20;
const ENABLE_VMFUNC = 0x2000;
const EPTP_LIST = 0x7000;

/** VMXON region and VMCS of each vCPU. */
const VMX_REGIONS = [
  { vmxon: '0x1000', vmcs: '0x2000' },
  { vmxon: '0x4000', vmcs: '0x3000' },
] as const;

/** A machine before the first step of a case. */
export function startOf(machine: ReplayMachine): {
  config: VmConfigInput;
  commands: CommandInput[];
} {
  const { paging, cpuid, l1, mode } = machine;
  const config: VmConfigInput = {
    ...{ paging, cpuid, vcpus: l1?.vcpus ?? 1 },
    ...(machine.hostLevels === 5 ? { maxphyaddr: 52 } : {}),
    // Lists of addresses are looked at since v6.2 alone.
    ...(cpuid.hyperv === true ? { kernel: '6.12' as const } : {}),
    memory: { fills: [DATA] },
    registers: registersOf(machine),
  };
  if (mode === 'none') return { config, commands: [] };
  const commands = [...mapped('a'), ...mapped('b')];
  if (machine.sharesPmd) commands.push(...SHARED_PMD);
  if (mode === 'PAE') commands.push(...LOAD_PDPTES);
  if (l1 === null) {
    if (machine.pcide) commands.push(movCr4(cr4Of(machine) | PCIDE));
    return { config, commands };
  }
  if (paging === 'ept') commands.push(...EPTS, ...eptpList(l1));
  for (let vcpu = 0; vcpu < l1.vcpus; vcpu += 1) {
    commands.push(...enterVmx(machine, l1, vcpu).map((it) => onVcpu(vcpu, it)));
  }
  return { config, commands };
}

/** CR4 of the guest, or of L1, while PCIDE is clear. */
export function cr4Of({ mode, smep, l1 }: ReplayMachine): number {
  if (mode !== '4-level') return mode === 'PAE' ? 0x20 : 0;
  return 0x20 | PGE | (smep ? SMEP : 0) | (l1 === null ? 0 : VMXE);
}

/** CR0 of a guest with paging. */
export function cr0Of(wp: boolean): number {
  return wp ? 0x80010033 : 0x80000033;
}

export function eptpOf({ sharesEpt }: Hypervisor, name: Space): number {
  if (name === 'a') return EPTP;
  return sharesEpt ? EPTP_AD : OTHER_EPTP;
}

/** VMXON, and the VMCS of a vCPU becomes current. */
export function startVmx(vcpu: number): CommandInput[] {
  const { vmxon, vmcs } = VMX_REGIONS[vcpu === 0 ? 0 : 1];
  return [
    { kind: 'vmxon', vcpu, address: vmxon },
    { kind: 'vmptrld', vcpu, address: vmcs },
  ];
}

function registersOf(machine: ReplayMachine): NonNullable<VmConfigInput['registers']> {
  const { mode, wp, nxe } = machine;
  const cr4 = hexOf(cr4Of({ ...machine, l1: null }));
  if (mode === 'none') return { cr0: '0x10011', cr3: '0x0', cr4, efer: '0x0' };
  const efer = (mode === 'PAE' ? 0 : 0x500) + (nxe ? NXE : 0);
  return { cr0: hexOf(cr0Of(wp)), cr3: hexOf(ROOTS.a), cr4, efer: hexOf(efer) };
}

/** The data of a space, and the window through which the guest sees all tables. */
function mapped(space: Space): CommandInput[] {
  const root = ROOTS[space];
  const common = { kind: 'map', vcpu: 0, root: hexOf(root) } as const;
  const data = { address: hexOf(X), gpa: hexOf(FRAMES[space] * 4096), pages: DATA_PAGES };
  const window = { address: hexOf(PTE_WINDOW), gpa: hexOf(TABLES), pages: WINDOW_PAGES };
  return [
    { ...common, ...data, tables: hexOf(root + 0x1000) },
    { ...common, ...window, tables: hexOf(root + 0x8000) },
  ];
}

const SHARED_PMD = [
  hostWrite(pdptOf('a') + 8, entry(pdOf('a') / 4096, READ_ONLY)),
  hostWrite(pdOf('a') + 8, entry(pteOf('a') / 4096, READ_ONLY)),
];

/** PDPTEs are loaded with CR3, and were not in memory when the VM began. */
const LOAD_PDPTES: CommandInput[] = [{ kind: 'set-sregs', vcpu: 0 }, movCr3(ROOTS.a)];

const IDENTITY = { kind: 'map', vcpu: 0, format: 'ept' } as const;
const EPTS: CommandInput[] = [
  {
    ...{ ...IDENTITY, root: hexOf(EPTP), tables: hexOf(EPT_TABLES) },
    ...{ address: '0x0', gpa: '0x0', pages: 288 },
  },
  {
    ...{ ...IDENTITY, root: hexOf(OTHER_EPTP), tables: hexOf(OTHER_EPT_TABLES) },
    ...{ address: '0x0', gpa: '0x0', pages: 288 },
  },
  {
    ...{ ...IDENTITY, root: hexOf(OTHER_EPTP), tables: hexOf(OTHER_LEAF_TABLES) },
    ...{ address: hexOf(FRAMES.a * 4096), gpa: hexOf(OTHER * 4096), pages: 1 },
  },
];

function eptpList(l1: Hypervisor): CommandInput[] {
  return [hostWrite(EPTP_LIST, eptpOf(l1, 'a')), hostWrite(EPTP_LIST + 8, eptpOf(l1, 'b'))];
}

function enterVmx(machine: ReplayMachine, l1: Hypervisor, vcpu: number): CommandInput[] {
  const { paging, pcide } = machine;
  const { vpid } = l1;
  const hasEpt = paging === 'ept';
  const controls = (hasEpt ? ENABLE_EPT | ENABLE_VMFUNC : 0) | (vpid === 0 ? 0 : ENABLE_VPID);
  const l2Cr4 = cr4Of(machine) + (pcide ? PCIDE : 0);
  return [
    movCr4(cr4Of(machine)),
    ...startVmx(vcpu),
    vmwrite('SECONDARY_VM_EXEC_CONTROL', controls),
    vmwrite('VIRTUAL_PROCESSOR_ID', vpid),
    vmwrite('GUEST_CR3', ROOTS[vcpu === 0 ? 'a' : 'b'] + (pcide ? 1 : 0)),
    vmwrite('GUEST_CR4', l2Cr4),
    ...(hasEpt ? [vmwrite('EPT_POINTER', EPTP)] : []),
    ...(hasEpt ? [vmwrite('VM_FUNCTION_CONTROL', 1), vmwrite('EPTP_LIST_ADDRESS', EPTP_LIST)] : []),
    ...(l1.ownsPge ? [vmwrite('CR4_GUEST_HOST_MASK', PGE)] : []),
  ];
}
