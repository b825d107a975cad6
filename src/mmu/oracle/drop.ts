import {
  createEptTag,
  createPcidTag,
  createVpidTag,
  type EptTag,
  type GuestContext,
  type Moment,
  type PcidTag,
  type VirtualTlb,
  type VpidTag,
} from '../state/index.js';
import { deleteOldest } from './oldest.js';

/** Tags of a vCPU, and what of each of them, that are kept; the oldest are forgotten. */
export const VPIDS_MAX = 16;
export const PCIDS_MAX = 512;
export const EPTS_MAX = 64;
export const PAGES_MAX = 512;

/** Everything of a VPID: global pages, every PCID, every EP4TA. */
export function dropVpid(vtlb: VirtualTlb, vpid: number, moment: Moment): void {
  const tag = vpidTagOf(vtlb, vpid, moment.time);
  tag.all = moment;
  tag.nonGlobal = moment;
  const { pcids, pcidPages, faulted, globalPages, pages } = tag;
  for (const dropped of [pcids, pcidPages, faulted, globalPages, pages]) dropped.clear();
  const isInUse = tag.contexts.includes(vtlb.context);
  tag.contexts.length = 0;
  if (isInUse) tag.contexts.push(vtlb.context);
}

/** Drops everything of a VPID that any EPT made. */
export function dropCombined(vtlb: VirtualTlb, vpid: number, moment: Moment): void {
  vpidTagOf(vtlb, vpid, moment.time).combined = moment;
}

/** Everything of every VPID but 0. */
export function dropOtherVpids(vtlb: VirtualTlb, moment: Moment): void {
  for (const vpid of [...vtlb.vpids.keys()]) if (vpid !== 0) dropVpid(vtlb, vpid, moment);
}

/** Everything of a VPID but global pages. */
export function dropNonGlobal(vtlb: VirtualTlb, vpid: number, moment: Moment): void {
  vpidTagOf(vtlb, vpid, moment.time).nonGlobal = moment;
}

/** Everything of a PCID but global pages, its paging-structure caches included. */
export function dropPcid(
  vtlb: VirtualTlb,
  { vpid, pcid }: { vpid: number; pcid: number },
  moment: Moment,
): PcidTag {
  const tag = pcidTagOf(vpidTagOf(vtlb, vpid, moment.time), pcid);
  tag.all = moment;
  tag.structures = moment;
  return tag;
}

/** Everything of a PCID, and the global pages that it made. */
export function dropPcidAndGlobals(
  vtlb: VirtualTlb,
  tag: { vpid: number; pcid: number },
  moment: Moment,
): void {
  dropPcid(vtlb, tag, moment).globals = moment;
}

/** Drops a page of a PCID, except global translations. */
export function dropPcidPage(
  vtlb: VirtualTlb,
  { vpid, pcid, page }: { vpid: number; pcid: number; page: number },
  moment: Moment,
): void {
  put(vpidTagOf(vtlb, vpid, moment.time).pcidPages, pcidPageKey(pcid, page), moment, PAGES_MAX);
}

/** Drops a page of a VPID, under every PCID, global or not. */
export function dropVpidPage(
  vtlb: VirtualTlb,
  { vpid, page }: { vpid: number; page: number },
  moment: Moment,
): void {
  put(vpidTagOf(vtlb, vpid, moment.time).pages, page, moment, PAGES_MAX);
}

/** Drops a page of a VPID where it is global. */
export function dropGlobalPage(
  vtlb: VirtualTlb,
  { vpid, page }: { vpid: number; page: number },
  moment: Moment,
): void {
  put(vpidTagOf(vtlb, vpid, moment.time).globalPages, page, moment, PAGES_MAX);
}

/** INVLPG: one page of a PCID, the page if it is global, and every paging-structure cache. */
export function dropAsInvlpg(
  vtlb: VirtualTlb,
  where: { vpid: number; pcid: number; page: number },
  moment: Moment,
): void {
  const { vpid, pcid } = where;
  dropPcidPage(vtlb, where, moment);
  dropGlobalPage(vtlb, where, moment);
  pcidTagOf(vpidTagOf(vtlb, vpid, moment.time), pcid).structures = moment;
}

/**
 * A page fault drops the page under its PCID, also if it is global. What is global and was made
 * under another PCID is not named.
 *
 * @see Intel SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches"
 */
export function dropAsPageFault(
  vtlb: VirtualTlb,
  where: { vpid: number; pcid: number; page: number },
  moment: Moment,
): void {
  const { vpid, pcid, page } = where;
  put(vpidTagOf(vtlb, vpid, moment.time).faulted, pcidPageKey(pcid, page), moment, PAGES_MAX);
}

/** Everything that one EPT made, whatever its VPID and PCID. */
export function dropEp4ta(vtlb: VirtualTlb, ep4ta: number, moment: Moment): void {
  const tag = eptTagOf(vtlb, ep4ta);
  tag.all = moment;
  tag.pages.clear();
  tag.faulted.clear();
}

/** Everything that any EPT made. */
export function dropEpts(vtlb: VirtualTlb, moment: Moment): void {
  vtlb.eptsDropped = moment;
  vtlb.epts.clear();
}

/** An EPT violation: the guest-physical page, and the linear page on whose way it lay. */
export function dropViolated(
  vtlb: VirtualTlb,
  { context, page, gpaPage }: { context: GuestContext; page: number; gpaPage: number },
  moment: Moment,
): void {
  const tag = eptTagOf(vtlb, context.ep4ta);
  put(tag.pages, gpaPage, moment, PAGES_MAX);
  put(tag.faulted, faultedKey(context, page), moment, PAGES_MAX);
}

/**
 * A page fault that KVM injects: it forgets the page in the tables in use, and in no others of the
 * PCID. The manual would have every translation of the page under the PCID dropped.
 *
 * @see Linux `kvm_inject_emulated_page_fault()`, arch/x86/kvm/x86.c
 */
export function dropInjected(
  vtlb: VirtualTlb,
  { context, page }: { context: GuestContext; page: number },
  moment: Moment,
): void {
  const { faulted } = vpidTagOf(vtlb, context.vpid, moment.time);
  put(faulted, tablePageKey(context, page), moment, PAGES_MAX);
}

export function tablePageKey({ pcid, cr3 }: GuestContext, page: number): string {
  return `${pcid} ${page} ${cr3.page}`;
}

export function pcidPageKey(pcid: number, page: number): string {
  return `${pcid} ${page}`;
}

export function faultedKey({ vpid, pcid }: GuestContext, page: number): string {
  return `${vpid} ${pcid} ${page}`;
}

/** @param time The present: what a tag was before is not known any more if there are too many. */
export function vpidTagOf(vtlb: VirtualTlb, vpid: number, time: number): VpidTag {
  const known = vtlb.vpids.get(vpid);
  if (known !== undefined) return known;
  if (vtlb.vpids.size >= VPIDS_MAX) {
    const { vpid: inUse } = vtlb.context;
    const first = [...vtlb.vpids.keys()].find((other) => other !== 0 && other !== inUse);
    vtlb.vpids.delete(first as number);
    vtlb.forgotten = time;
  }
  const tag = createVpidTag(vtlb.forgotten);
  vtlb.vpids.set(vpid, tag);
  return tag;
}

function pcidTagOf({ pcids }: VpidTag, pcid: number): PcidTag {
  const known = pcids.get(pcid);
  if (known !== undefined) return known;
  const tag = createPcidTag();
  put(pcids, pcid, tag, PCIDS_MAX);
  return tag;
}

function eptTagOf({ epts }: VirtualTlb, ep4ta: number): EptTag {
  const known = epts.get(ep4ta);
  if (known !== undefined) return known;
  const tag = createEptTag();
  put(epts, ep4ta, tag, EPTS_MAX);
  return tag;
}

/** To forget that something was dropped is to allow more, never less. */
function put<K, V>(kept: Map<K, V>, key: K, value: V, max: number): void {
  kept.delete(key);
  if (kept.size >= max) deleteOldest(kept);
  kept.set(key, value);
}
