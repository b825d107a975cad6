import {
  isForbidden,
  isPaging,
  PFERR_FETCH_MASK,
  PFERR_PRESENT_MASK,
  PFERR_RSVD_MASK,
  PFERR_USER_MASK,
  PFERR_WRITE_MASK,
} from '../machine/index.js';
import { runGuest } from '../nested/index.js';
import { seam } from '../seam.js';
import { accOfSpte, isMmioSpte, isUsableSpte, targetOf } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { dropFaulted, fillTlb, lookupTlb, tagInUse } from '../tlb/index.js';
import { exitToHost } from '../vcpu/index.js';
import { handlePageFault } from './page-fault.js';
import { markLeafUsed, type ShadowLeaf, walkShadow } from './shadow-walk.js';
import {
  FAULTS_MAX,
  NEVER_SETTLES,
  type Request,
  stopped,
  type Translation,
} from './translation.js';

/**
 * Translates a linear address where KVM shadows the guest's tables: the processor looks in its TLB
 * and walks the shadow, and what it cannot do faults to KVM.
 *
 * An entry of the TLB that does not allow the access is not believed: processors walk again
 * before they fault.
 */
export function translateShadowed(vm: Vm, vcpu: Vcpu, request: Request, emit: Emit): Translation {
  const { address, access } = request;
  for (let faults = 0; faults < FAULTS_MAX; faults += 1) {
    const ended = runGuest(vm, vcpu, emit);
    if (ended !== null) return stopped(ended);
    const cached = cachedFrame(vm, vcpu, request);
    if (cached !== null) return { kind: 'mapped', gfn: cached, by: 'tlb' };

    const leaf = walkShadow(vm, vcpu, address);
    if (leaf !== null && isUsable(vm, vcpu, leaf, request)) {
      markLeafUsed(leaf, access.kind === 'write');
      const gfn = targetOf(leaf.spte);
      if (vcpu.tlb !== null) {
        const made = { gfn, acc: accOfSpte(leaf.spte), order: 0 };
        fillTlb(vcpu.tlb, tagInUse(vm, vcpu), address.page, made);
      }
      return { kind: 'mapped', gfn, by: 'walk' };
    }
    const errorCode = errorCodeOf(leaf, request);
    dropFaulted(vcpu, address, tagInUse(vm, vcpu));
    exitToHost(vcpu, { reason: 'EXCEPTION_NMI', qualification: address }, emit);
    emit?.(vcpu, { kind: 'page-fault', address, errorCode });
    const isPresent = (errorCode & PFERR_PRESENT_MASK) !== 0;
    const handled = handlePageFault(vm, vcpu, request, isPresent, emit);
    if (handled !== null) return handled;
  }
  return NEVER_SETTLES;
}

function cachedFrame(vm: Vm, vcpu: Vcpu, { address, access }: Request): number | null {
  if (vcpu.tlb === null) return null;
  const entry = lookupTlb(vcpu.tlb, tagInUse(vm, vcpu), address.page);
  if (entry === undefined || isForbiddenByHardware(vcpu, entry.acc, access)) return null;
  return entry.gfn;
}

export const isUsable = seam(function isUsable(
  _vm: Vm,
  vcpu: Vcpu,
  { spte }: ShadowLeaf,
  { access }: Request,
): boolean {
  return isUsableSpte(spte) && !isForbiddenByHardware(vcpu, accOfSpte(spte), access);
});

/**
 * Whether the processor itself forbids an access while KVM shadows: CR0.WP is always set then, and
 * without paging of its own the guest runs as a supervisor without SMEP and SMAP.
 */
function isForbiddenByHardware({ regs }: Vcpu, acc: number, access: Request['access']): boolean {
  if (!isPaging(regs)) return false;
  return isForbidden(acc, access, regs, true);
}

/** The error code that the processor reports to KVM, which keeps EFER.NX set while it shadows. */
function errorCodeOf(leaf: ShadowLeaf | null, { access }: Request): number {
  const isMmio = leaf !== null && isMmioSpte(leaf.spte);
  const isPresent = leaf !== null && isUsableSpte(leaf.spte);
  return (
    (isPresent || isMmio ? PFERR_PRESENT_MASK : 0) |
    (isMmio ? PFERR_RSVD_MASK : 0) |
    (access.kind === 'write' ? PFERR_WRITE_MASK : 0) |
    (access.user ? PFERR_USER_MASK : 0) |
    (access.kind === 'execute' ? PFERR_FETCH_MASK : 0)
  );
}
