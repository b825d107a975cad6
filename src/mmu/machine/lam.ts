import { X86_CR4_LAM_SUP } from './control-registers.js';
import { is64BitMode, isLa57, isPaging, type Registers } from './registers.js';
import { hasBit, type Word } from './word.js';

/**
 * Linear-address masking: a data pointer's metadata is replaced by the sign of the address that is
 * left, if the mode says so. Bit 63 stays as it is: where it is not that sign, the result is not
 * canonical, and so the access faults. Fetches and the addresses that INVLPG, INVPCID and INVVPID
 * name are never masked.
 *
 * @param lam Whether the guest has linear-address masking.
 * @see Intel SDM Vol. 1, "Linear-Address Masking"
 * @see Linux `vmx_get_untagged_addr()`, arch/x86/kvm/vmx/vmx.c
 */
export function untagged(gva: Word, regs: Registers, lam: boolean): Word {
  if (!lam || !is64BitMode(regs) || !isPaging(regs)) return gva;
  const isSupervisor = hasBit(gva, 63);
  const width = isSupervisor ? supervisorWidth(regs) : userWidth(regs);
  if (width === null) return gva;
  const kept = 2 ** (width - 12);
  const isNegative = hasBit(gva, width - 1);
  const metadata = isNegative ? BIT_63 - kept : 0;
  return { page: (isSupervisor ? BIT_63 : 0) + metadata + (gva.page % kept), low: gva.low };
}

/** Bit 63 in the `page` of a {@link Word}. */
const BIT_63 = 2 ** 51;

function supervisorWidth(regs: Registers): number | null {
  if ((regs.cr4 & X86_CR4_LAM_SUP) === 0) return null;
  return isLa57(regs) ? 57 : 48;
}

/** CR3.LAM_U57 wins over LAM_U48 where both are set. */
function userWidth({ cr3 }: Registers): number | null {
  if (hasBit(cr3, 61)) return 57;
  return hasBit(cr3, 62) ? 48 : null;
}
