import { arePdptesSame, ep4taOf, isPcide, isSameWord, pcidOf } from '../machine/index.js';
import {
  eptpOf,
  type GuestContext,
  type Oracle,
  type PastRoot,
  type Vcpu,
  type VirtualTlb,
  type Vm,
  vpidOf,
} from '../state/index.js';
import { vpidTagOf } from './drop.js';
import { momentNow } from './moments.js';

/** Tables of a VPID that are remembered after they were left. */
export const ROOTS_MAX = 64;

/** What a vCPU's translations are tagged with now, as its guest knows it. */
export function contextOf(config: { paging: 'shadow' | 'ept' }, vcpu: Vcpu): GuestContext {
  const { regs, nested } = vcpu;
  const vmcs12 = nested.guestMode ? nested.currentVmcs : null;
  const eptp = vmcs12 !== null && config.paging === 'ept' ? eptpOf(vmcs12) : null;
  return {
    vpid: vmcs12 === null ? 0 : (vpidOf(vmcs12) ?? 0),
    pcid: pcidOf(regs.cr3, isPcide(regs)),
    ep4ta: eptp === null ? -1 : ep4taOf(eptp),
    cr3: regs.cr3,
    pdptrs: regs.pdptrs,
  };
}

/** The guest may run under other tags, or on other tables: those that it left are remembered. */
export function followContext(vm: Vm & { oracle: Oracle }, vcpu: Vcpu, vtlb: VirtualTlb): void {
  const { context } = vtlb;
  if (isSurelyUnchanged(context, vcpu)) return;
  const next = contextOf(vm.config, vcpu);
  if (isSameContext(context, next)) return;
  vtlb.context = next;
  const moment = momentNow(vm.oracle);
  const tag = vpidTagOf(vtlb, context.vpid, moment);
  const known = tag.roots.findIndex((root) => isSameContext(root, context));
  if (known !== -1) tag.roots.splice(known, 1);
  tag.roots.push({ ...context, until: moment.time });
  if (tag.roots.length > ROOTS_MAX) tag.forgotten = (tag.roots.shift() as PastRoot).until;
}

/** Without making a context anew for every command that changes none. */
function isSurelyUnchanged(context: GuestContext, { regs, nested }: Vcpu): boolean {
  return (
    !nested.guestMode &&
    context.vpid === 0 &&
    context.ep4ta === -1 &&
    context.cr3 === regs.cr3 &&
    context.pdptrs === regs.pdptrs &&
    context.pcid === pcidOf(regs.cr3, isPcide(regs))
  );
}

function isSameContext(a: GuestContext, b: GuestContext): boolean {
  return (
    a.vpid === b.vpid &&
    a.pcid === b.pcid &&
    a.ep4ta === b.ep4ta &&
    isSameWord(a.cr3, b.cr3) &&
    (a.pdptrs === b.pdptrs || arePdptesSame(a.pdptrs, b.pdptrs))
  );
}
