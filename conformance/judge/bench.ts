import { Unreadable } from './reading.js';
import { bitMask, bitPlaceOf, featureOf, withBits } from './register-bits.js';

/** The registers of whoever executes the instruction under test. */
export interface BenchRegisters {
  cr0: bigint;
  cr3: bigint;
  cr4: bigint;
  efer: bigint;
  cpl: number;
  csL: boolean;
  vm86: boolean;
}

/**
 * What a case asks for, gathered key by key, before a VM is made from it.
 *
 * A bench starts as the obvious default that cases leave unsaid: 64-bit, CPL 0, 4-level paging,
 * every capability present. LAM and 57-bit addresses are the exception: cases name them where they
 * are.
 */
export interface Bench {
  /** Who executes: L1 without VMX, an L1 hypervisor, or its L2. */
  vmx: 'outside' | 'root' | 'non-root';
  regs: BenchRegisters;
  /** L1 before it enters L2; only used where L2 executes. */
  readonly l1: BenchRegisters;
  hasCurrentVmcs: boolean;
  /** VM-instruction error that the current VMCS is to hold beforehand. */
  presetError: number | null;
  maxphyaddr: number;
  /** How KVM runs the guest; null where the case does not care. */
  paging: 'shadow' | 'ept' | null;
  readonly cpuid: Map<string, boolean>;
  readonly capabilities: {
    eptVpidCap: bigint;
    ept: boolean;
    vpid: boolean;
    unrestrictedGuest: boolean;
    cr3TargetCountMax: number;
  };
  /** VMCS components that differ from a region's default, by the manual's names. */
  readonly vmcs: Map<string, bigint>;
  /** CR3 that the instruction under test loads: PDPTEs in memory are meant for it. */
  loadedCr3: bigint | null;
  /** Page-directory-pointer-table entries, for PAE paging. */
  readonly pdptes: Map<number, bigint>;
  /** Eight-byte words of guest memory. */
  readonly memory: Map<bigint, bigint>;
  /** The bit that the case sets in an entry which it names elsewhere. */
  bit: bigint;
  descriptor: 'given' | Descriptor;
  encoding: 'memory' | 'register' | 'lock';
  /** Register operand: 0 is RAX. */
  gpr: number;
}

/** Where the descriptor of an invalidation lies. */
export interface Descriptor {
  readonly segment: 'ds' | 'ss';
  readonly gva: bigint;
  readonly isMapped: boolean;
}

/**
 * What a VMCS component holds before a case changes it, where a case may change single bits: of the
 * controls, those that the capability MSRs want set.
 */
const VMCS_DEFAULT: Readonly<Record<string, bigint>> = {
  PIN_BASED_VM_EXEC_CONTROL: 0x16n,
  CPU_BASED_VM_EXEC_CONTROL: 0x4006172n,
  VM_EXIT_CONTROLS: 0x36ffbn,
  VM_ENTRY_CONTROLS: 0x13fbn,
  HOST_CR0: 0x80010033n,
  HOST_CR4: 0x20a0n,
  HOST_IA32_EFER: 0x500n,
  GUEST_CR0: 0x80010033n,
  GUEST_CR3: 0x100000n,
  GUEST_CR4: 0x20a0n,
  GUEST_IA32_EFER: 0x500n,
};

export function createBench(): Bench {
  return {
    vmx: 'outside',
    regs: createRegisters(),
    l1: createRegisters(),
    hasCurrentVmcs: true,
    presetError: null,
    maxphyaddr: 46,
    paging: null,
    cpuid: new Map(['pks', 'cet', 'smx'].map((feature) => [feature, true])),
    capabilities: {
      eptVpidCap: 0xf01063340c1n,
      ept: true,
      vpid: true,
      unrestrictedGuest: true,
      cr3TargetCountMax: 4,
    },
    vmcs: new Map(),
    loadedCr3: null,
    pdptes: new Map(),
    memory: new Map(),
    bit: 0n,
    descriptor: 'given',
    encoding: 'memory',
    gpr: 0,
  };
}

/** 64-bit mode as a VM begins in it. */
export function createRegisters(): BenchRegisters {
  const registers = { cr0: 0x80010033n, cr3: 0x10000n, cr4: 0xa0n, efer: 0x500n };
  return { ...registers, cpl: 0, csL: true, vm86: false };
}

export function vmcsField(bench: Bench, field: string): bigint {
  return bench.vmcs.get(field) ?? VMCS_DEFAULT[field] ?? 0n;
}

/** Sets or clears bits of a VMCS component. */
export function setVmcsBits(bench: Bench, field: string, mask: bigint, on: boolean): void {
  bench.vmcs.set(field, withBits(vmcsField(bench, field), mask, on));
}

/**
 * Sets or clears a named bit of the executing processor, and what cannot be otherwise then: without
 * protection there is no paging, without paging long mode is not active.
 *
 * @throws {Unreadable} If no register has such a bit.
 */
export function setRegisterBit(bench: Bench, name: string, on: boolean): void {
  const { regs } = bench;
  const place = bitPlaceOf(name);
  if (place === undefined) throw new Unreadable(`register bit ${name}`);
  regs[place.register] = withBits(regs[place.register], place.mask, on);
  if (on) offerFeature(bench, name);

  if (name === 'PE' && !on) setRegisterBit(bench, 'PG', false);
  if (name === 'PG' && !on) leaveLongMode(regs, 'LMA');
  if (name === 'LMA' && !on) leaveLongMode(regs, 'LME');
  if (name === 'LMA' && on) regs.efer |= bitMask('efer', 'LME');
}

/** A bit can only be set where CPUID has its feature, unless the case says that it has not. */
export function offerFeature(bench: Bench, bit: string): void {
  const feature = featureOf(bit);
  if ((feature === 'la57' || feature === 'lam') && !bench.cpuid.has(feature)) {
    bench.cpuid.set(feature, true);
  }
}

function leaveLongMode(regs: BenchRegisters, last: 'LMA' | 'LME'): void {
  regs.efer &= ~bitMask('efer', 'LMA');
  if (last === 'LME') regs.efer &= ~bitMask('efer', 'LME');
  regs.csL = false;
}
