import {
  ACC_EXEC,
  ACC_USER,
  ACC_WRITE,
  isForbidden,
  isPaging,
  type LinearAccess,
  type Registers,
  type Word,
} from '../machine/index.js';
import type { Vcpu } from '../state/index.js';
import { TooManyWalks } from './past-walks.js';
import { type PastTranslation, pastTranslations } from './translations.js';
import { unknownOf } from './unknown.js';
import { vtlbOf, type WatchedVm } from './watched-vm.js';

/** Whether rights allow an access: those of the guest's own tables, and those of its EPT. */
export function allows(
  { acc, eptAcc }: { acc: number; eptAcc: number },
  access: LinearAccess,
  regs: Registers,
): boolean {
  return (
    (!isPaging(regs) || !isForbidden(acc, access, regs)) && (eptAcc & NEEDED[access.kind]) !== 0
  );
}

const NEEDED = { read: ACC_USER, write: ACC_WRITE, execute: ACC_EXEC } as const;

/**
 * Whether any entry that is remembered gave the right to an access, dropped or not. Where some of
 * the history is forgotten or too long to look at, one may have.
 */
export function wasEverAllowed(
  vm: WatchedVm,
  vcpu: Vcpu,
  { address, access, gfn }: { address: Word; access: LinearAccess; gfn: number },
): boolean {
  const visit = (past: PastTranslation) =>
    !past.isBlocked && past.gfn === gfn && allows(past, access, vcpu.regs);
  if (unknownOf(vm, vtlbOf(vm, vcpu), address.page).until > 0) return true;
  try {
    return pastTranslations(vm, vcpu, { address, everything: true, visit });
  } catch (error) {
    if (error instanceof TooManyWalks) return true;
    throw error;
  }
}
