import { arePdptesSame, ep4taOf, isPcide, isSameWord, pcidOf } from '../machine/index.js';
import {
  eptpOf,
  type GuestContext,
  type Oracle,
  type Vcpu,
  type VirtualTlb,
  type Vm,
  type VpidTag,
  vpidOf,
} from '../state/index.js';
import { dropVpid, vpidTagOf } from './drop.js';
import { formatOf } from './formats.js';
import { momentNow, timeNow } from './moments.js';

/** Contexts of a VPID that are remembered after they were left. */
export const CONTEXTS_MAX = 64;

/** The context in which a vCPU's guest runs now. */
export function contextOf(config: { paging: 'shadow' | 'ept' }, vcpu: Vcpu): GuestContext {
  const { cr3, pdptrs } = vcpu.regs;
  return {
    vpid: vpidInUse(vcpu),
    pcid: pcidInUse(vcpu),
    ep4ta: ep4taInUse(config, vcpu),
    cr3,
    pdptrs,
    format: formatOf(vcpu.regs),
    until: Number.POSITIVE_INFINITY,
  };
}

/**
 * The guest may run under other tags, on other tables, or read them by other rules, whatever brought
 * that about: how it ran until now is remembered.
 */
export function followContext(vm: Vm & { oracle: Oracle }, vcpu: Vcpu, vtlb: VirtualTlb): void {
  const { context } = vtlb;
  const vpid = vpidInUse(vcpu);
  const pcid = pcidInUse(vcpu);
  const ep4ta = ep4taInUse(vm.config, vcpu);
  const place = { pcid, ep4ta, format: formatAfter(vtlb, vcpu) };
  if (context.vpid === vpid && isWhereItRuns(context, vcpu, place)) return;
  const time = timeNow(vm.oracle);
  context.until = time;
  const tag = vtlb.vpids.get(vpid) ?? newTag(vm.oracle, vtlb, vpid);
  const known = tag.contexts.find((other) => isWhereItRuns(other, vcpu, place));
  if (known === undefined) {
    vtlb.context = contextOf(vm.config, vcpu);
    add(tag, vtlb.context);
    return;
  }
  known.until = Number.POSITIVE_INFINITY;
  vtlb.context = known;
  // The clock moved, but nothing was noted: there is nothing to count anew.
  if (vtlb.countedAt === time - 1) vtlb.countedAt = time;
}

/** A VPID that was never in use has nothing cached; of one that may be forgotten none can tell. */
function newTag(oracle: Oracle, vtlb: VirtualTlb, vpid: number): VpidTag {
  if (vtlb.forgotten === 0) dropVpid(vtlb, vpid, momentNow(oracle));
  return vpidTagOf(vtlb, vpid, timeNow(oracle));
}

/** Beyond a number of contexts the one that was left first is forgotten. */
function add(tag: VpidTag, context: GuestContext): void {
  const { contexts } = tag;
  contexts.push(context);
  if (contexts.length <= CONTEXTS_MAX) return;
  const first = contexts.reduce((a, b) => (b.until < a.until ? b : a));
  contexts.splice(contexts.indexOf(first), 1);
  tag.forgotten = Math.max(tag.forgotten, first.until);
}

/** Whether a context of the VPID in use is the one that the guest is in. */
function isWhereItRuns(
  context: GuestContext,
  { regs }: Vcpu,
  { pcid, ep4ta, format }: Pick<GuestContext, 'pcid' | 'ep4ta' | 'format'>,
): boolean {
  const { cr3, pdptrs } = regs;
  return (
    isSameWord(context.cr3, cr3) &&
    context.pcid === pcid &&
    context.ep4ta === ep4ta &&
    context.format === format &&
    (context.pdptrs === pdptrs || arePdptesSame(context.pdptrs, pdptrs))
  );
}

/** The rules by which entries are read, after a command that changes none of them most often. */
function formatAfter({ before, context }: VirtualTlb, { regs, nested }: Vcpu): number {
  const { cr0, cr4, efer, guestMode } = before;
  const isSame =
    cr4 === regs.cr4 && cr0 === regs.cr0 && efer === regs.efer && guestMode === nested.guestMode;
  return isSame ? context.format : formatOf(regs);
}

function pcidInUse({ regs }: Vcpu): number {
  return pcidOf(regs.cr3, isPcide(regs));
}

function vpidInUse({ nested }: Vcpu): number {
  if (!nested.guestMode || nested.currentVmcs === null) return 0;
  return vpidOf(nested.currentVmcs) ?? 0;
}

function ep4taInUse({ paging }: { paging: 'shadow' | 'ept' }, { nested }: Vcpu): number {
  if (!nested.guestMode || nested.currentVmcs === null || paging === 'shadow') return -1;
  const eptp = eptpOf(nested.currentVmcs);
  return eptp === null ? -1 : ep4taOf(eptp);
}
