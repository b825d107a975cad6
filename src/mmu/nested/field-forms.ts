import { bitsOf, isCanonical, type Word, wordToNumber } from '../machine/index.js';
import type { Vm } from '../state/index.js';

/** Whether a field holds a physical address whose low bits, so many, are clear. */
export function isAlignedAddress({ config }: Vm, address: Word, lowBits: number): boolean {
  return (
    bitsOf(address, { high: lowBits - 1, low: 0 }) === 0 &&
    bitsOf(address, { high: 63, low: config.maxphyaddr }) === 0
  );
}

/**
 * Whether a field holds a linear address: by what the processor has, not by CR4.LA57.
 *
 * @see Linux `is_noncanonical_msr_address()`, commit 9245fd6b8531
 */
export function isCanonicalField({ config }: Vm, address: Word): boolean {
  return isCanonical(address, config.cpuid.la57 ? 57 : 48);
}

/**
 * Whether bits 63:N of a field are alike, N being the width of the processor's linear addresses: bit
 * N - 1 need not be as they are.
 *
 * @see Intel SDM Vol. 3C, "Checks on Guest RIP, RFLAGS, and SSP"
 */
export function hasEqualHighBits({ config }: Vm, address: Word): boolean {
  return isCanonical(address, config.cpuid.la57 ? 58 : 49);
}

/** Memory types that each byte of a page-attribute table may name. */
const PAT_TYPES = new Set([0, 1, 4, 5, 6, 7]);

/** @see Linux `kvm_pat_valid()`, arch/x86/kvm/x86.h */
export function isPatValid(pat: Word): boolean {
  return [0, 8, 16, 24, 32, 40, 48, 56].every((low) =>
    PAT_TYPES.has(bitsOf(pat, { high: low + 7, low })),
  );
}

/**
 * Bits that IA32_PERF_GLOBAL_CTRL may have: eight general counters and four fixed ones.
 *
 * @see Linux `kvm_valid_perf_global_ctrl()`, arch/x86/kvm/pmu.h
 */
export function isPerfGlobalCtrlValid(value: Word): boolean {
  return bitsOf(value, { high: 31, low: 8 }) === 0 && bitsOf(value, { high: 63, low: 36 }) === 0;
}

/** The state of CET that a VMCS holds of a guest or of the host. */
export interface CetState {
  readonly cet: Word;
  readonly ssp: Word;
  readonly sspTable: Word;
}

/**
 * Whether a state of CET may be loaded: bits 9:6 of IA32_S_CET are reserved, SUPPRESS and WAIT_ENDBR
 * are not both set, and KVM wants the legacy bitmap to begin at a multiple of four pages; the SSP is
 * aligned, and the table of SSPs has a canonical address.
 *
 * @see Linux `is_valid_cet_state()`, arch/x86/kvm/vmx/nested.c; `kvm_is_valid_u_s_cet()`
 */
export function isCetValid(vm: Vm, { cet, ssp, sspTable }: CetState): boolean {
  return (
    bitsOf(cet, { high: 9, low: 6 }) === 0 &&
    bitsOf(cet, { high: 11, low: 10 }) !== 3 &&
    bitsOf(cet, { high: 13, low: 12 }) === 0 &&
    (ssp.low & 3) === 0 &&
    isCanonicalField(vm, sspTable)
  );
}

/** Whether an area of 16-byte entries for MSRs lies in physical memory; none, if it is empty. */
export function isMsrAreaValid(vm: Vm, address: Word, count: number): boolean {
  if (count === 0) return true;
  const last = wordToNumber(address) + count * 16 - 1;
  return isAlignedAddress(vm, address, 4) && last < 2 ** vm.config.maxphyaddr;
}
