import {
  hasBit,
  is64BitMode,
  isCanonical,
  isLa57,
  isLongMode,
  isPaging,
  type Registers,
  translateRead,
  type Word,
  X86_CR4_LAM_SUP,
} from '../machine/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { type Emit, hasLam, type Vcpu, type Vm } from '../state/index.js';
import { fault, raise } from '../vcpu/index.js';

type Descriptor = NonNullable<CommandOf<'invept'>['operand']>;

/** INVEPT, INVVPID and INVPCID all read 16 bytes. */
const DESCRIPTOR_BYTES = 16;
const PAGE_BYTES = 4096;

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
  const gva = is64BitMode(regs) ? untagged(vm, regs, operand.gva) : operand.gva;
  if (is64BitMode(regs) && !isCanonical(gva, isLa57(regs) ? 57 : 48)) {
    return raise(vcpu, fault(operand.segment === 'ss' ? '#SS' : '#GP'), emit);
  }
  for (const address of pagesOf(gva)) {
    const translation = translateRead(vm.memory, regs, address, vm.config.maxphyaddr);
    if (translation.kind === 'page-fault') {
      return raise(vcpu, fault('#PF', translation.errorCode), emit);
    }
  }
  return null;
}

/** First and last byte: a descriptor may straddle two pages. */
function pagesOf(gva: Word): Word[] {
  if (gva.low <= PAGE_BYTES - DESCRIPTOR_BYTES) return [gva];
  return [gva, { page: gva.page + 1, low: 0 }];
}

/**
 * Linear-address masking: the pointer's metadata is replaced by its sign, if the mode says so.
 *
 * @see Intel SDM Vol. 1, "Linear-Address Masking"
 */
function untagged(vm: Vm, regs: Registers, gva: Word): Word {
  if (!hasLam(vm) || !isLongMode(regs) || !isPaging(regs)) return gva;
  const isSupervisor = hasBit(gva, 63);
  const width = isSupervisor ? supervisorWidth(regs) : userWidth(regs);
  if (width === null) return gva;
  const kept = 2 ** (width - 12);
  const sign = Math.floor(gva.page / (kept / 2)) % 2;
  if (sign !== (isSupervisor ? 1 : 0)) return gva;
  const metadata = isSupervisor ? 2 ** 52 - kept : 0;
  return { page: metadata + (gva.page % kept), low: gva.low };
}

function supervisorWidth(regs: Registers): number | null {
  if ((regs.cr4 & X86_CR4_LAM_SUP) === 0) return null;
  return isLa57(regs) ? 57 : 48;
}

/** CR3.LAM_U57 wins over LAM_U48 where both are set. */
function userWidth({ cr3 }: Registers): number | null {
  if (hasBit(cr3, 61)) return 57;
  return hasBit(cr3, 62) ? 48 : null;
}
