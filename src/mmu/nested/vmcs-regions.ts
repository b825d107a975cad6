import {
  type ControlCapability,
  CPU_BASED_ACTIVATE_SECONDARY_CONTROLS,
  is64BitMode,
  VM_ENTRY_IA32E_MODE,
  VM_EXIT_HOST_ADDR_SPACE_SIZE,
  VMCS,
  type Word,
  wordFromNumber,
} from '../machine/index.js';
import { freeRoots, ROOTS_ALL } from '../roots/index.js';
import type { Emit, Vcpu, Vm, Vmcs12 } from '../state/index.js';
import { controlCapabilitiesOf } from './capabilities.js';

const ALL_ONES: Word = { page: 2 ** 52 - 1, low: 0xfff };
const RFLAGS_RESET = 0x2;

const CODE_SELECTOR = 0x10;
const DATA_SELECTOR = 0x18;
const TSS_SELECTOR = 0x40;
const FLAT_LIMIT = 0xffffffff;
const TSS_LIMIT = 0x67;
const CODE_RIGHTS_64 = 0xa09b;
const CODE_RIGHTS_32 = 0xc09b;
const DATA_RIGHTS = 0xc093;
const TSS_RIGHTS = 0x8b;
const UNUSABLE = 0x10000;

/**
 * The VMCS region at an address. A region that is touched for the first time begins with the state
 * of the vCPU that touches it, for host and guest alike, so that a VM entry with it succeeds and a
 * harness writes only what is to differ.
 */
export function vmcs12At(vm: Vm, vcpu: Vcpu, gpa: number): Vmcs12 {
  let vmcs12 = vm.vmcs12s.get(gpa);
  if (vmcs12 === undefined) {
    vmcs12 = { gpa, launched: false, fields: initialFieldsOf(vm, vcpu), foundGoodBy: null };
    vm.vmcs12s.set(gpa, vmcs12);
  }
  return vmcs12;
}

/**
 * The current VMCS is given up, and with it everything that `guest_mmu` holds.
 *
 * @see Linux `nested_release_vmcs12()`, arch/x86/kvm/vmx/nested.c
 */
export function releaseVmcs12(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  if (vcpu.nested.currentVmcs === null) return;
  vcpu.nested.currentVmcs = null;
  freeRoots(vm, vcpu, vcpu.guestMmu, { roots: ROOTS_ALL, cause: 'vmcs12-released' }, emit);
}

function initialFieldsOf({ config }: Vm, { regs }: Vcpu): Map<number, Word> {
  const is64Bit = is64BitMode(regs);
  const { pin, primary, exit, entry } = controlCapabilitiesOf(config);
  const cr0 = wordFromNumber(regs.cr0);
  const cr4 = wordFromNumber(regs.cr4);
  const efer = wordFromNumber(regs.efer);
  return new Map<number, Word>([
    [VMCS.PIN_BASED_VM_EXEC_CONTROL, wordFromNumber(pin.mustBeSet)],
    [VMCS.CPU_BASED_VM_EXEC_CONTROL, control(primary, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS)],
    [VMCS.VM_EXIT_CONTROLS, control(exit, is64Bit ? VM_EXIT_HOST_ADDR_SPACE_SIZE : 0)],
    [VMCS.VM_ENTRY_CONTROLS, control(entry, is64Bit ? VM_ENTRY_IA32E_MODE : 0)],
    [VMCS.VMCS_LINK_POINTER, ALL_ONES],
    [VMCS.GUEST_CR0, cr0],
    [VMCS.GUEST_CR3, regs.cr3],
    [VMCS.GUEST_CR4, cr4],
    [VMCS.GUEST_IA32_EFER, efer],
    [VMCS.GUEST_RFLAGS, wordFromNumber(RFLAGS_RESET)],
    [VMCS.HOST_CR0, cr0],
    [VMCS.HOST_CR3, regs.cr3],
    [VMCS.HOST_CR4, cr4],
    [VMCS.HOST_IA32_EFER, efer],
    ...segmentsOf(is64Bit),
  ]);
}

/** A control word with one control on, besides those that must be. */
function control({ mustBeSet }: ControlCapability, on: number): Word {
  return wordFromNumber((mustBeSet | on) >>> 0);
}

/** Flat segments at CPL 0, a busy TSS and no LDT, as a kernel has them. */
function segmentsOf(is64Bit: boolean): [number, Word][] {
  const code: [number, number][] = [
    [VMCS.GUEST_CS_SELECTOR, CODE_SELECTOR],
    [VMCS.GUEST_CS_LIMIT, FLAT_LIMIT],
    [VMCS.GUEST_CS_AR_BYTES, is64Bit ? CODE_RIGHTS_64 : CODE_RIGHTS_32],
    [VMCS.HOST_CS_SELECTOR, CODE_SELECTOR],
  ];
  const data = (['ES', 'SS', 'DS', 'FS', 'GS'] as const).flatMap((name): [number, number][] => [
    [VMCS[`GUEST_${name}_SELECTOR`], DATA_SELECTOR],
    [VMCS[`GUEST_${name}_LIMIT`], FLAT_LIMIT],
    [VMCS[`GUEST_${name}_AR_BYTES`], DATA_RIGHTS],
    [VMCS[`HOST_${name}_SELECTOR`], DATA_SELECTOR],
  ]);
  const system: [number, number][] = [
    [VMCS.GUEST_TR_SELECTOR, TSS_SELECTOR],
    [VMCS.GUEST_TR_LIMIT, TSS_LIMIT],
    [VMCS.GUEST_TR_AR_BYTES, TSS_RIGHTS],
    [VMCS.HOST_TR_SELECTOR, TSS_SELECTOR],
    [VMCS.GUEST_LDTR_AR_BYTES, UNUSABLE],
  ];
  return [...code, ...data, ...system].map(([field, value]) => [field, wordFromNumber(value)]);
}
