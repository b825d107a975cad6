import { bitMask, bitPlaceOf, featureOf, withBits } from './register-bits.js';
import { Unreadable } from './unreadable.js';

/** The registers of whoever executes the instruction under test. */
export interface SpecRegisters {
  cr0: bigint;
  cr3: bigint;
  cr4: bigint;
  efer: bigint;
  cpl: number;
  csL: boolean;
  vm86: boolean;
}

/**
 * The machine that a case asks for, gathered key by key, before a VM is made from it.
 *
 * It starts as the obvious default that cases leave unsaid: 64-bit, CPL 0, 4-level paging,
 * every capability present. LAM and 57-bit addresses are the exception: cases name them where they
 * are.
 */
export interface MachineSpec {
  /** Executes the instruction under test: L1 without VMX, an L1 hypervisor, or its L2. */
  vmx: 'outside' | 'root' | 'non-root';
  regs: SpecRegisters;
  /** L1 before it enters L2; only used where L2 executes. */
  readonly l1: SpecRegisters;
  hasCurrentVmcs: boolean;
  /** L2 that executes runs by VMRUN, on nested page tables with this root; null for VMX. */
  svm: { readonly nestedCr3: bigint; readonly gmet: boolean } | null;
  /** VM-instruction error that the current VMCS is to hold beforehand. */
  presetError: number | null;
  maxphyaddr: number;
  /** Paging by which KVM runs the guest; null if the case names none. */
  paging: 'shadow' | 'ept' | null;
  /** PKRU and IA32_PKRS, whoever runs. */
  pkru: bigint;
  pkrs: bigint;
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

/** Place of an invalidation's descriptor. */
export interface Descriptor {
  readonly segment: 'ds' | 'ss';
  readonly gva: bigint;
  readonly isMapped: boolean;
}

export function createSpec(): MachineSpec {
  return {
    vmx: 'outside',
    regs: createRegisters(),
    l1: createRegisters(),
    hasCurrentVmcs: true,
    svm: null,
    presetError: null,
    maxphyaddr: 46,
    paging: null,
    pkru: 0n,
    pkrs: 0n,
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
export function createRegisters(): SpecRegisters {
  const registers = { cr0: 0x80010033n, cr3: 0x10000n, cr4: 0xa0n, efer: 0x500n };
  return { ...registers, cpl: 0, csL: true, vm86: false };
}

/**
 * Sets or clears a named bit of the executing processor, and what cannot be otherwise then: without
 * protection there is no paging, without paging long mode is not active.
 *
 * @throws {Unreadable} If no register has such a bit.
 */
export function setRegisterBit(spec: MachineSpec, name: string, on: boolean): void {
  const { regs } = spec;
  const place = bitPlaceOf(name);
  if (place === undefined) throw new Unreadable(`register bit ${name}`);
  regs[place.register] = withBits(regs[place.register], place.mask, on);
  if (on) offerFeature(spec, name);

  if (name === 'PE' && !on) setRegisterBit(spec, 'PG', false);
  if (name === 'PG' && !on) leaveLongMode(regs, 'LMA');
  if (name === 'LMA' && !on) leaveLongMode(regs, 'LME');
  if (name === 'LMA' && on) regs.efer |= bitMask('efer', 'LME');
}

/** Bits of CR4 that turn protection keys on. */
const KEY_BITS = bitMask('cr4', 'PKE') | bitMask('cr4', 'PKS');

/**
 * The paging by which KVM can run a guest that a case names no paging for. Where it shadows the
 * guest's tables it offers no protection keys.
 *
 * @param cr4 Bits that the guest is to have, or to get.
 */
export function runWhereKeysAre(spec: MachineSpec, cr4: bigint): void {
  if ((cr4 & KEY_BITS) !== 0n) spec.paging ??= 'ept';
}

/** A bit can only be set where CPUID has its feature, unless the case says that it has not. */
export function offerFeature(spec: MachineSpec, bit: string): void {
  const feature = featureOf(bit);
  if ((feature === 'la57' || feature === 'lam') && !spec.cpuid.has(feature)) {
    spec.cpuid.set(feature, true);
  }
}

function leaveLongMode(regs: SpecRegisters, last: 'LMA' | 'LME'): void {
  regs.efer &= ~bitMask('efer', 'LMA');
  if (last === 'LME') regs.efer &= ~bitMask('efer', 'LME');
  regs.csL = false;
}
