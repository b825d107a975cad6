import { injectPageFault, translate } from '../access/index.js';
import {
  is64BitMode,
  isCanonical,
  isLa57,
  PAGE_SIZE,
  tablesIn,
  untagged,
  type Word,
  walk,
} from '../machine/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import { type Emit, hasLam, type Vcpu, type Vm } from '../state/index.js';
import { fault, raise } from '../vcpu/index.js';

type Descriptor = NonNullable<CommandOf<'invept'>['operand']>;

/** INVEPT, INVVPID and INVPCID all read 16 bytes. */
const DESCRIPTOR_BYTES = 16;

/**
 * The read of an instruction's descriptor, as far as it can fault: the segment's rules, then the
 * page walk, through LAM where the pointer is tagged.
 *
 * @param operand Where it lies; null: in a place that can be read.
 * @returns Null, or the exception.
 * @see Linux `get_vmx_mem_address()`, `kvm_read_guest_virt()`
 */
export function readDescriptor(
  vm: Vm,
  vcpu: Vcpu,
  { operand }: { operand: Descriptor | null },
  emit: Emit,
): Outcome | null {
  if (operand === null) return null;
  const { regs } = vcpu;
  const gva = is64BitMode(regs) ? untagged(operand.gva, regs, hasLam(vm)) : operand.gva;
  if (is64BitMode(regs) && !isCanonical(gva, isLa57(regs) ? 57 : 48)) {
    return raise(vcpu, fault(operand.segment === 'ss' ? '#SS' : '#GP'), emit);
  }
  for (const address of pagesOf(gva)) {
    const failed = readPage(vm, vcpu, address, emit);
    if (failed !== null) return failed;
  }
  return null;
}

/** Reads a page of the descriptor. KVM walks the tables itself for an intercepted instruction. */
function readPage(vm: Vm, vcpu: Vcpu, address: Word, emit: Emit): Outcome | null {
  const { regs } = vcpu;
  const access = { kind: 'read', user: regs.cpl === 3, ac: false } as const;
  if (vcpu.mode === 'guest') {
    const translation = translate(vm, vcpu, { address, access }, emit);
    return translation.kind === 'stopped' ? translation.outcome : null;
  }
  const { maxphyaddr } = vm.config;
  const walked = walk(tablesIn(vm.memory), regs, address, { access, maxphyaddr });
  if (walked.kind !== 'page-fault') return null;
  return injectPageFault(vm, vcpu, { errorCode: walked.errorCode, address }, emit);
}

/** First and last byte: a descriptor may straddle two pages. */
function pagesOf(gva: Word): Word[] {
  if (gva.low <= PAGE_SIZE - DESCRIPTOR_BYTES) return [gva];
  return [gva, { page: gva.page + 1, low: 0 }];
}

/**
 * Whether the address that a descriptor holds is canonical: by what the processor has, and not by
 * the paging in use.
 */
export const isDescribedCanonical = seam(function isDescribedCanonical(
  { config }: Vm,
  _vcpu: Vcpu,
  gva: Word,
): boolean {
  return isCanonical(gva, config.cpuid.la57 ? 57 : 48);
});
