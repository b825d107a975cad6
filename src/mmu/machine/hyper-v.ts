import { hasBit, type Word } from './word.js';

/**
 * The hypercalls of Hyper-V that flush a virtual TLB, by the names and numbers of its specification.
 *
 * @see Hypervisor Top Level Functional Specification, "Virtual TLB"; Linux `HVCALL_FLUSH_*`
 */
export const HV_FLUSH_CALLS = {
  HvCallFlushVirtualAddressSpace: 0x2,
  HvCallFlushVirtualAddressList: 0x3,
  HvCallFlushVirtualAddressSpaceEx: 0x13,
  HvCallFlushVirtualAddressListEx: 0x14,
} as const;

export type HvFlushCall = keyof typeof HV_FLUSH_CALLS;

/** Flags of a flush. */
export const HV_FLUSH_ALL_PROCESSORS = 0x1;
export const HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES = 0x2;
export const HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY = 0x4;

/** Bits 15:0 of a hypercall's result. */
export const HV_STATUS_SUCCESS = 0;
export const HV_STATUS_INVALID_HYPERCALL_INPUT = 3;

/** Virtual processors that one bank of a set names. */
const VPS_PER_BANK = 64;

/** The parts of a flush that say which virtual processors it is for. */
export interface HvFlushTargets {
  readonly call: HvFlushCall;
  readonly flags: number;
  /** Of the calls without `Ex`. */
  readonly processorMask: Word;
  /** Of the calls with it; null for all processors. */
  readonly vpSet: readonly { readonly bank: number; readonly mask: Word }[] | null;
}

export function isListFlush(call: HvFlushCall): boolean {
  return call === 'HvCallFlushVirtualAddressList' || call === 'HvCallFlushVirtualAddressListEx';
}

/** Whether the call takes a set of processors instead of a mask. */
export function isExFlush(call: HvFlushCall): boolean {
  return call === 'HvCallFlushVirtualAddressSpaceEx' || call === 'HvCallFlushVirtualAddressListEx';
}

/** Whether a flush is for every processor: so it is for KVM if a mask names none. */
export function isForAllVps({ call, flags, processorMask, vpSet }: HvFlushTargets): boolean {
  if (isExFlush(call)) return vpSet === null;
  const isEmpty = processorMask.page === 0 && processorMask.low === 0;
  return isEmpty || (flags & HV_FLUSH_ALL_PROCESSORS) !== 0;
}

/** Whether a flush is for a processor. @param vp Its index, which is that of the vCPU. */
export function isForVp(flush: HvFlushTargets, vp: number): boolean {
  if (isForAllVps(flush)) return true;
  if (!isExFlush(flush.call)) return vp < VPS_PER_BANK && hasBit(flush.processorMask, vp);
  const bank = Math.floor(vp / VPS_PER_BANK);
  const isNamed = ({ bank: of, mask }: { bank: number; mask: Word }) =>
    of === bank && hasBit(mask, vp % VPS_PER_BANK);
  return (flush.vpSet ?? []).some(isNamed);
}

/** Pages that an entry of a list names: bits 11:0 are how many there are beyond the first. */
export function flushedPages({ page, low }: Word): {
  readonly first: number;
  readonly count: number;
} {
  return { first: page, count: low + 1 };
}
