import {
  EFER_NX,
  type PagingMode,
  pagingModeOf,
  type Registers,
  X86_CR4_PGE,
  X86_CR4_PSE,
} from '../machine/index.js';
import { type GuestContext, NEVER_STOPPED, type Vcpu, type VirtualTlb } from '../state/index.js';
import { vpidTagOf } from './drop.js';
import { timeNow } from './moments.js';
import { vtlbOf, type WatchedVm } from './watched-vm.js';

const MODES: readonly PagingMode[] = ['none', '32-bit', 'PAE', '4-level', '5-level'];
const HAS_GLOBALS = 0x8;
const HAS_NX = 0x10;
const HAS_PSE = 0x20;

/**
 * A guest stopped, and another one runs, or the same one with registers that nobody loaded by an
 * instruction: a VM entry or exit, or an entry that failed. No such change drops anything of a
 * VPID. Where entries are read by other rules now than when the guest of the VPID stopped, nothing
 * that it had cached by then is judged.
 *
 * @param left Where the guest ran that stopped.
 */
export function followFormat(vm: WatchedVm, vcpu: Vcpu, left: GuestContext): void {
  const vtlb = vtlbOf(vm, vcpu);
  const { cr0, cr4, efer } = vtlb.before;
  const time = timeNow(vm.oracle);
  const stopped = vpidTagOf(vtlb, left.vpid, time);
  stopped.format = formatOf({ ...vcpu.regs, cr0, cr4, efer });
  stopped.stoppedAt = time;

  const tag = vpidTagOf(vtlb, vtlb.context.vpid, time);
  if (tag.format === NEVER_STOPPED) return;
  const format = formatOf(vcpu.regs);
  if (format === tag.format) return;
  tag.forgotten = Math.max(tag.forgotten, tag.stoppedAt);
  if ((tag.format & ~format & HAS_GLOBALS) !== 0) tag.globalsUntil = tag.stoppedAt;
}

/** Whether global pages may be cached: CR4.PGE is set, or was for a guest that the VPID had. */
export function mayHaveGlobals({ vpids, context }: VirtualTlb, { regs }: Vcpu): boolean {
  if ((regs.cr4 & X86_CR4_PGE) !== 0) return true;
  const tag = vpids.get(context.vpid);
  return tag !== undefined && tag.globalsUntil > tag.all.time;
}

/** Everything by which entries are read, as one number. */
function formatOf(regs: Registers): number {
  const { cr4, efer } = regs;
  const mode = pagingModeOf(regs);
  if (mode === 'none') return 0;
  const is32Bit = mode === '32-bit';
  return (
    MODES.indexOf(mode) |
    ((cr4 & X86_CR4_PGE) !== 0 ? HAS_GLOBALS : 0) |
    (!is32Bit && (efer & EFER_NX) !== 0 ? HAS_NX : 0) |
    (is32Bit && (cr4 & X86_CR4_PSE) !== 0 ? HAS_PSE : 0)
  );
}
