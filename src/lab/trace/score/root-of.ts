import type { Word } from '../../../mmu/index.js';
import type { Command } from '../../../mmu/schema/index.js';
import { pgdOf } from '../reconstruct/operands.js';
import { VmcsFieldNumber } from '../reconstruct/vmcs-fields.js';

/** The root that a command switches to; null if it switches to none. */
export function rootOf(
  command: Command,
): { readonly mmu: 'cr3' | 'eptp'; readonly pgd: Word } | null {
  switch (command.kind) {
    case 'mov-cr3':
      return { mmu: 'cr3', pgd: pgdOf(command.value) };
    case 'vmrun':
      return command.nestedCr3 === undefined ? null : { mmu: 'eptp', pgd: command.nestedCr3 };
    case 'vmwrite':
      if (command.field === VmcsFieldNumber.EPT_POINTER) return { mmu: 'eptp', pgd: command.value };
      if (command.field !== VmcsFieldNumber.GUEST_CR3) return null;
      return { mmu: 'cr3', pgd: pgdOf(command.value) };
    default:
      return null;
  }
}
