import {
  BEGINNING,
  createVpidTag,
  type GuestContext,
  type Moment,
  type VirtualTlb,
} from '../state/index.js';
import { faultedKey, pcidPageKey, tablePageKey } from './drop.js';
import { latest } from './moments.js';

/** Since when the parts of one translation may have been cached. */
export interface Window {
  /** The last invalidation of the translation itself. */
  readonly page: Moment;
  /** The last of the paging-structure caches on its way; before `page` for global pages alone. */
  readonly structures: Moment;
}

/** What a translation of a linear page that is not global must not be older than. */
export function windowOf(vtlb: VirtualTlb, context: GuestContext, page: number): Window {
  const { vpid, pcid } = context;
  const tag = vtlb.vpids.get(vpid);
  const tagged = tag?.pcids.get(pcid);
  const dropped = latest(
    eptWindowOf(vtlb, context, page),
    tag?.all,
    tag?.nonGlobal,
    tag?.pages.get(page),
    tag?.pcidPages.get(pcidPageKey(pcid, page)),
    tag?.faulted.get(pcidPageKey(pcid, page)),
    tag?.faulted.get(tablePageKey(context, page)),
    tagged?.all,
  );
  return { page: dropped, structures: latest(dropped, tagged?.structures) };
}

/**
 * What a global translation of a linear page must not be older than.
 *
 * @param context The tables that it came from, under whatever PCID.
 */
export function globalWindowOf(vtlb: VirtualTlb, context: GuestContext, page: number): Window {
  const tag = vtlb.vpids.get(context.vpid);
  const dropped = latest(
    eptWindowOf(vtlb, context, page),
    tag?.all,
    tag?.pages.get(page),
    tag?.globalPages.get(page),
    tag?.faulted.get(pcidPageKey(context.pcid, page)),
    tag?.faulted.get(tablePageKey(context, page)),
    tag?.pcids.get(context.pcid)?.globals,
  );
  // The tables above it may be older still: those are cached for the PCID that made it.
  return { page: dropped, structures: windowOf(vtlb, context, page).structures };
}

/**
 * What the entries of an EPT must not be older than, for a guest-physical page on the way of a
 * linear one. A combined mapping survives the violation of another linear page; one that was made
 * anew since may hold no more than guest-physical mappings did.
 *
 * @param linear Since when the linear translation may have been cached.
 */
export function physicalWindowOf(
  vtlb: VirtualTlb,
  { ep4ta }: GuestContext,
  { gpaPage, linear }: { gpaPage: number; linear: Moment },
): Moment {
  const tag = vtlb.epts.get(ep4ta);
  const dropped = latest(vtlb.eptsDropped, tag?.all);
  const violated = tag?.pages.get(gpaPage) ?? BEGINNING;
  return violated.time <= linear.time ? latest(dropped, violated) : dropped;
}

/** Up to when the tables that a context had used may be forgotten. */
export function rootsForgotten(vtlb: VirtualTlb, { vpid }: GuestContext): number {
  return (vtlb.vpids.get(vpid) ?? createVpidTag(vtlb.forgotten)).forgotten;
}

function eptWindowOf(vtlb: VirtualTlb, context: GuestContext, page: number): Moment {
  if (context.ep4ta === -1) return BEGINNING;
  const tag = vtlb.epts.get(context.ep4ta);
  return latest(
    vtlb.eptsDropped,
    vtlb.vpids.get(context.vpid)?.combined,
    tag?.all,
    tag?.faulted.get(faultedKey(context, page)),
  );
}
