import { isSamePage } from '../machine/index.js';
import {
  BEGINNING,
  createVpidTag,
  type GuestContext,
  type Moment,
  type VirtualTlb,
  type VpidTag,
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

/** The windows of an address, by the size of the page that maps it; each is worked out once. */
export type Windows = (order: number) => Window;

export function windowsFrom(windowAt: Windows): Windows {
  const known = new Map<number, Window>();
  return (order) => {
    const found = known.get(order) ?? windowAt(order);
    known.set(order, found);
    return found;
  };
}

/**
 * The moment before which a non-global translation of a linear page must not have been made.
 *
 * @param order Size of the page that the tables mapped when it was made. An invalidation of any
 *   4 KiB of a large page covers every translation that was made of it.
 * @see Intel SDM Vol. 3A, "Details of TLB Use"
 */
export function windowOf(vtlb: VirtualTlb, context: GuestContext, page: number, order = 0): Window {
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
    ...(tag === undefined || order === 0 ? [] : droppedIn(tag, context, { page, order })),
  );
  return { page: dropped, structures: latest(dropped, tagged?.structures) };
}

/**
 * The moment before which a global translation of a linear page must not have been made.
 *
 * @param context The tables that it came from, under whatever PCID.
 */
export function globalWindowOf(
  vtlb: VirtualTlb,
  context: GuestContext,
  page: number,
  order = 0,
): Window {
  const tag = vtlb.vpids.get(context.vpid);
  const dropped = latest(
    eptWindowOf(vtlb, context, page),
    tag?.all,
    tag?.pages.get(page),
    tag?.globalPages.get(page),
    tag?.faulted.get(pcidPageKey(context.pcid, page)),
    tag?.faulted.get(tablePageKey(context, page)),
    tag?.pcids.get(context.pcid)?.globals,
    ...(tag === undefined || order === 0 ? [] : globalsDroppedIn(tag, context, { page, order })),
  );
  // The tables above it may be older still: those are cached for the PCID that made it.
  return { page: dropped, structures: windowOf(vtlb, context, page, order).structures };
}

/**
 * The moment before which the entries of an EPT must not have been replaced, for a guest-physical
 * page on the way of a linear one. A combined mapping survives the violation of another linear
 * page; a mapping that was made since then may hold no more than guest-physical mappings did.
 *
 * @param linear Moment since which the linear translation may be cached.
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

/** A page of any size, by one of its page numbers of 4 KiB. */
interface SizedPage {
  readonly page: number;
  readonly order: number;
}

/** The drops of the parts of a large page, as far as they concern non-global translations. */
function* droppedIn(tag: VpidTag, context: GuestContext, sized: SizedPage): Iterable<Moment> {
  yield* numberedIn(tag.pages, sized);
  yield* keyedIn(tag.pcidPages, context, sized);
  yield* keyedIn(tag.faulted, context, sized);
}

/** The same of what is global. */
function* globalsDroppedIn(tag: VpidTag, context: GuestContext, sized: SizedPage) {
  yield* numberedIn(tag.pages, sized);
  yield* numberedIn(tag.globalPages, sized);
  yield* keyedIn(tag.faulted, context, sized);
}

function* numberedIn(
  moments: ReadonlyMap<number, Moment>,
  { page, order }: SizedPage,
): Iterable<Moment> {
  for (const [other, moment] of moments) if (isSamePage(other, page, order)) yield moment;
}

/** The drops whose key names the PCID, and the tables if it names any. */
function* keyedIn(
  moments: ReadonlyMap<string, Moment>,
  { pcid, cr3 }: GuestContext,
  { page, order }: SizedPage,
): Iterable<Moment> {
  for (const [key, moment] of moments) {
    const [ofPcid, other, table] = key.split(' ').map(Number) as [number, number, number?];
    if (ofPcid !== pcid || (table ?? cr3.page) !== cr3.page) continue;
    if (isSamePage(other, page, order)) yield moment;
  }
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
