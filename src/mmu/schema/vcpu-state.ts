import { z } from 'zod';
import { VcpuIndex } from './command-fields.js';
import { Hex32, Hex64, PhysicalAddress } from './hex.js';
import { MmuName } from './names.js';
import { RequestName } from './request.js';

/** A root as a client sees it. */
const RootState = z
  .strictObject({
    pgd: Hex64,
    hpa: PhysicalAddress,
    unsync: z.boolean().describe('Marked: it owes a sync or a flush before it is used again.'),
  })
  .meta({ id: 'RootState', description: 'A root and what it owes.' });

const MmuState = z
  .strictObject({
    root: RootState.nullable(),
    prevRoots: z.array(RootState.nullable()),
    role: Hex32.describe('Role that a root must have to be usable.'),
  })
  .meta({ id: 'MmuState', description: 'An MMU of a vCPU: `struct kvm_mmu`.' });

/** The setup of L1's hypervisor. */
const NestedState = z
  .strictObject({
    vmxon: PhysicalAddress.nullable().describe('VMXON region; null outside VMX operation.'),
    currentVmcs: PhysicalAddress.nullable(),
    guestMode: z.boolean().describe('L2 is running.'),
    eptp: Hex64.nullable().describe('EPT pointer of the current vmcs12, if EPT is enabled.'),
    nestedCr3: Hex64.nullable().describe('nCR3 of the L2 that runs by VMRUN.'),
    vpid: z.number().int().min(0).max(65535).nullable(),
    instructionError: z
      .number()
      .int()
      .min(0)
      .nullable()
      .describe('VM-instruction error field of the current VMCS.'),
  })
  .meta({ id: 'NestedState', description: 'VMX operation of L1.' });

/** The steal time that KVM and its guest share. */
const StealState = z
  .strictObject({
    preempted: z.boolean().describe('The host has scheduled the vCPU out.'),
    flushTlb: z.boolean().describe('The guest asks for a flush before the vCPU runs again.'),
  })
  .meta({ id: 'StealState', description: 'Steal time: what KVM and its guest share.' });

const count = z.number().int().min(0);

/** Sums over the life of the vCPU. */
const Counters = z
  .strictObject({
    reusedCurrent: count,
    reusedPrevious: count,
    missed: count,
    evicted: count,
    freed: count,
    marked: count,
    loaded: count,
    synced: count,
    tlbFlush: count.describe('stat.tlb_flush: the flush that ends a load is not in it.'),
    invlpg: count,
    exits: count,
  })
  .meta({ id: 'Counters', description: 'Sums over the life of the vCPU.' });

/** The findings of the oracle, over the life of the vCPU. */
export const OracleState = z
  .strictObject({
    violations: count.describe('Uses that the architecture did not allow.'),
    undecided: count.describe('Uses that could not be judged, because too much was forgotten.'),
  })
  .meta({ id: 'OracleState', description: 'Findings of the oracle.' });

export type OracleState = Readonly<z.output<typeof OracleState>>;

/** A vCPU as `GET /v1/vms/{vm}/vcpus/{vcpu}` shows it. */
export const VcpuState = z
  .strictObject({
    vcpu: VcpuIndex,
    mode: z.enum(['host', 'guest']).describe('The one that runs: KVM, or the guest.'),
    cr0: Hex32,
    cr3: Hex64,
    cr4: Hex32,
    efer: Hex32,
    pkru: Hex32,
    pkrs: Hex32.describe('IA32_PKRS.'),
    cpl: z.number().int().min(0).max(3),
    mmu: MmuName.describe('The MMU in use: `arch.mmu`.'),
    requests: z.array(RequestName).describe('Pending, in the order of service.'),
    steal: StealState,
    hvFlushes: z.array(Hex64).describe('Entries of `tlb_flush_fifo`; all ones: everything.'),
    rootMmu: MmuState,
    guestMmu: MmuState,
    nested: NestedState,
    smm: z.boolean().describe('System-management mode.'),
    initPending: z.boolean().describe('An INIT is blocked, and waits.'),
    counters: Counters,
    oracle: OracleState.nullable().describe('Null: the oracle is off.'),
  })
  .meta({ id: 'VcpuState', description: 'Registers, MMUs, requests and counters of a vCPU.' });

export type VcpuState = Readonly<z.output<typeof VcpuState>>;
