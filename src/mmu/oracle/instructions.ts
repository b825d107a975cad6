import {
  bitsOf,
  ep4taOf,
  INVPCID_TYPE_ALL_INCL_GLOBAL,
  INVPCID_TYPE_INDIV_ADDR,
  INVPCID_TYPE_SINGLE_CTXT,
  isCanonical,
  isLa57,
  isLongMode,
  isNoFlush,
  isPcide,
  pcidOf,
  VMX_EPT_EXTENT_CONTEXT,
  VMX_VPID_EXTENT_ALL_CONTEXT,
  VMX_VPID_EXTENT_INDIVIDUAL_ADDR,
  VMX_VPID_EXTENT_SINGLE_CONTEXT,
  type Word,
  X86_CR0_PG,
  X86_CR4_PAE,
  X86_CR4_PCIDE,
  X86_CR4_PGE,
  X86_CR4_SMEP,
} from '../machine/index.js';
import type { CommandOf } from '../schema/index.js';
import type { Moment, Vcpu } from '../state/index.js';
import {
  dropAsInvlpg,
  dropEp4ta,
  dropEpts,
  dropNonGlobal,
  dropOtherVpids,
  dropPcid,
  dropPcidAndGlobals,
  dropPcidPage,
  dropVpid,
  dropVpidPage,
} from './drop.js';
import { momentNow } from './moments.js';
import { vtlbOf, type WatchedVm } from './watched-vm.js';

/** The guest loaded CR3, and asked for a flush or not. */
export function movCr3(vm: WatchedVm, vcpu: Vcpu, { value }: CommandOf<'mov-cr3'>): void {
  const pcide = isPcide(vcpu.regs);
  if (pcide && isNoFlush(value)) return;
  const vtlb = vtlbOf(vm, vcpu);
  const tag = { vpid: vtlb.context.vpid, pcid: pcidOf(value, pcide) };
  dropPcid(vtlb, tag, momentNow(vm.oracle));
}

/** @see Intel SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches" */
export function controlChanged(vm: WatchedVm, vcpu: Vcpu): void {
  const { cr0, cr4 } = vcpu.regs;
  const vtlb = vtlbOf(vm, vcpu);
  const { before, context } = vtlb;
  const changed = cr4 ^ before.cr4;
  const cleared = (before.cr0 & ~cr0 & X86_CR0_PG) !== 0;
  const moment = (): Moment => momentNow(vm.oracle);
  if (cleared || (changed & X86_CR4_PGE) !== 0 || (changed & before.cr4 & X86_CR4_PCIDE) !== 0) {
    dropVpid(vtlb, context.vpid, moment());
  } else if ((changed & X86_CR4_PAE) !== 0 || (changed & cr4 & X86_CR4_SMEP) !== 0) {
    dropPcidAndGlobals(vtlb, context, moment());
  }
}

/** An address that is not canonical drops nothing. */
export function invlpg(vm: WatchedVm, vcpu: Vcpu, { gva }: CommandOf<'invlpg'>): void {
  const { regs } = vcpu;
  const vtlb = vtlbOf(vm, vcpu);
  if (isLongMode(regs) && !isCanonical(gva, isLa57(regs) ? 57 : 48)) return;
  const { vpid, pcid } = vtlb.context;
  dropAsInvlpg(vtlb, { vpid, pcid, page: pageOf(vcpu, gva) }, momentNow(vm.oracle));
}

/** The guest invalidated under the VPID in use, which it does not know of. */
export function invpcid(vm: WatchedVm, vcpu: Vcpu, command: CommandOf<'invpcid'>): void {
  const vtlb = vtlbOf(vm, vcpu);
  const { vpid } = vtlb.context;
  const { type, pcid, gva } = command;
  const moment = momentNow(vm.oracle);
  switch (type.low) {
    case INVPCID_TYPE_INDIV_ADDR:
      dropPcidPage(vtlb, { vpid, pcid: pcid.low, page: pageOf(vcpu, gva) }, moment);
      break;
    case INVPCID_TYPE_SINGLE_CTXT:
      dropPcid(vtlb, { vpid, pcid: pcid.low }, moment);
      break;
    case INVPCID_TYPE_ALL_INCL_GLOBAL:
      dropVpid(vtlb, vpid, moment);
      break;
    default:
      dropNonGlobal(vtlb, vpid, moment);
  }
}

/** L1 names a VPID. */
export function invvpid(
  vm: WatchedVm,
  vcpu: Vcpu,
  { type, vpid, gva }: CommandOf<'invvpid'>,
): void {
  const vtlb = vtlbOf(vm, vcpu);
  const moment = momentNow(vm.oracle);
  const named = bitsOf(vpid, { high: 15, low: 0 });
  switch (type.low) {
    case VMX_VPID_EXTENT_INDIVIDUAL_ADDR:
      dropVpidPage(vtlb, { vpid: named, page: gva.page }, moment);
      break;
    case VMX_VPID_EXTENT_SINGLE_CONTEXT:
      dropVpid(vtlb, named, moment);
      break;
    case VMX_VPID_EXTENT_ALL_CONTEXT:
      dropOtherVpids(vtlb, moment);
      break;
    default:
      dropNonGlobal(vtlb, named, moment);
  }
}

/** L1 names an EPT, or means all. */
export function invept(vm: WatchedVm, vcpu: Vcpu, { type, eptp }: CommandOf<'invept'>): void {
  const vtlb = vtlbOf(vm, vcpu);
  const moment = momentNow(vm.oracle);
  if (type.low === VMX_EPT_EXTENT_CONTEXT) dropEp4ta(vtlb, ep4taOf(eptp), moment);
  else dropEpts(vtlb, moment);
}

/** Outside long mode addresses have 32 bits. */
function pageOf({ regs }: Vcpu, { page }: Word): number {
  return isLongMode(regs) ? page : page % 2 ** 20;
}
