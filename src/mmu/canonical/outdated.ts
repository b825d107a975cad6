import { isSameWord } from '../machine/index.js';
import { hasGlobals } from '../oracle/index.js';
import {
  BEGINNING,
  type EptTag,
  type GuestContext,
  type Moment,
  type VirtualTlb,
  type VpidTag,
} from '../state/index.js';
import type { Futures } from './futures.js';

/**
 * Drops what a vCPU's tags remember and no judgement can turn on: a drop that a later and wider one
 * covers, and contexts whose translations were dropped since. Moments only rise, so that a moment
 * below another of every window that holds it stays below.
 */
export function dropOutdated(vtlb: VirtualTlb, futures: Futures): void {
  for (const tag of vtlb.vpids.values()) {
    dropCovered(tag, futures);
    dropLeft(vtlb, tag, futures);
  }
  for (const [ep4ta, tag] of vtlb.epts) {
    if (isEptOutdated(tag, vtlb.eptsDropped)) vtlb.epts.delete(ep4ta);
  }
}

/** The time before which no translation of a PCID but a global one can be cached. */
export function floorOfPcid(tag: VpidTag, pcid: number): number {
  return Math.max(baseOf(tag), tag.pcids.get(pcid)?.all.time ?? 0);
}

/** The same of a PCID of which nothing was ever dropped by its name. */
export function baseOf({ all, nonGlobal }: VpidTag): number {
  return Math.max(all.time, nonGlobal.time);
}

function dropCovered(tag: VpidTag, { globals }: Futures): void {
  tag.nonGlobal = unless(tag.nonGlobal, tag.all.time);
  tag.combined = unless(tag.combined, tag.all.time);
  const base = baseOf(tag);
  for (const [pcid, tagged] of tag.pcids) {
    tagged.all = unless(tagged.all, base);
    tagged.structures = unless(tagged.structures, Math.max(base, tagged.all.time));
    tagged.globals = globals ? unless(tagged.globals, tag.all.time) : BEGINNING;
    const { all, structures } = tagged;
    const isBare = all.time + structures.time + tagged.globals.time === 0;
    if (isBare) tag.pcids.delete(pcid);
  }
  // Where nothing is global, what drops everything else drops all there is.
  dropUpTo(tag.pages, () => (globals ? tag.all.time : base));
  if (!globals) tag.globalPages.clear();
  const ofPage = (page: number) => tag.pages.get(page)?.time ?? 0;
  dropUpTo(tag.globalPages, (page) => Math.max(tag.all.time, ofPage(page)));
  dropUpTo(tag.pcidPages, (key) => {
    const { pcid, page } = partsOf(key);
    return Math.max(floorOfPcid(tag, pcid), ofPage(page));
  });
  dropUpTo(tag.faulted, (key) => floorOfFault(tag, key, globals));
}

/** A fault drops global translations too: it is covered only where both kinds are. */
function floorOfFault(tag: VpidTag, key: string, globals: boolean): number {
  const { pcid, page } = partsOf(key);
  const ofPage = tag.pages.get(page)?.time ?? 0;
  const own = tag.pcidPages.get(`${pcid} ${page}`)?.time ?? 0;
  const usual = Math.max(floorOfPcid(tag, pcid), ofPage, own);
  if (!globals) return usual;
  const ofGlobals = tag.pcids.get(pcid)?.globals.time ?? 0;
  const ofGlobalPage = tag.globalPages.get(page)?.time ?? 0;
  return Math.min(usual, Math.max(tag.all.time, ofPage, ofGlobals, ofGlobalPage));
}

/**
 * Contexts that were left before all that they made was dropped; and those of a PCID that has no
 * other, which are looked at only while the guest is in them.
 */
function dropLeft(vtlb: VirtualTlb, tag: VpidTag, { globals, onlyCr3 }: Futures): void {
  const isLive = (context: GuestContext): boolean => {
    if (context === vtlb.context || context.until === Number.POSITIVE_INFINITY) return true;
    if (!globals && isAlone(tag, context, onlyCr3)) return false;
    const usual = floorOfPcid(tag, context.pcid);
    const isGlobal = globals && hasGlobals(context);
    const floor = isGlobal ? Math.min(usual, tag.all.time) : usual;
    return context.until > Math.max(floor, floorOfEpt(vtlb, tag, context));
  };
  const live = tag.contexts.filter(isLive);
  if (live.length < tag.contexts.length) tag.contexts.splice(0, tag.contexts.length, ...live);
}

function isAlone({ contexts }: VpidTag, context: GuestContext, only: Futures['onlyCr3']): boolean {
  const cr3 = only.get(context.pcid);
  const isOther = (other: GuestContext) => other !== context && other.pcid === context.pcid;
  return cr3 !== undefined && isSameWord(cr3, context.cr3) && !contexts.some(isOther);
}

function floorOfEpt({ epts, eptsDropped }: VirtualTlb, tag: VpidTag, { ep4ta }: GuestContext) {
  if (ep4ta === -1) return 0;
  return Math.max(eptsDropped.time, tag.combined.time, epts.get(ep4ta)?.all.time ?? 0);
}

function isEptOutdated(tag: EptTag, dropped: Moment): boolean {
  tag.all = unless(tag.all, dropped.time);
  const floor = Math.max(tag.all.time, dropped.time);
  dropUpTo(tag.pages, () => floor);
  dropUpTo(tag.faulted, () => floor);
  return tag.all.time === 0 && tag.pages.size === 0 && tag.faulted.size === 0;
}

function unless(moment: Moment, floor: number): Moment {
  return moment.time <= floor ? BEGINNING : moment;
}

function dropUpTo<K>(moments: Map<K, Moment>, floorOf: (key: K) => number): void {
  for (const [key, { time }] of moments) if (time <= floorOf(key)) moments.delete(key);
}

function partsOf(key: string): { pcid: number; page: number } {
  const [pcid = 0, page = 0] = key.split(' ').map(Number);
  return { pcid, page };
}
