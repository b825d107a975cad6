import { gpaToGfn, PAGE_SIZE } from '../machine/index.js';
import type { MmuEventOf } from '../schema/index.js';
import type {
  Books,
  Deed,
  Flushes,
  Ledger,
  TagFlushes,
  TlbTag,
  Vcpu,
  Vm,
  Walked,
} from '../state/index.js';
import { tagInUse } from '../tlb/index.js';
import { prove } from './sums.js';

/** Tags that a flush named; null where it named none, so that it covered all of them. */
interface Covered {
  readonly vpid: number | null;
  readonly pcid: number | null;
  readonly root: number | null;
  readonly page: number | null;
}

/** Flushes of one scope, scopes, tags and pages of a tag that are remembered. */
const DEEDS_MAX = 16;
const SCOPES_MAX = 1024;
const TAGS_MAX = 64;
const PAGES_MAX = 1024;

/** Values that a PCID can have. */
const PCIDS = 4096;

export function noteFlush({ flushes }: Books, covered: Covered, deed: Deed): void {
  let deeds = deedsFor(flushes, covered);
  if (deeds.length === 0) {
    if (flushes.scopes >= SCOPES_MAX) {
      forgetAll(flushes);
      deeds = deedsFor(flushes, covered);
    }
    flushes.scopes += 1;
  }
  deeds.push(deed);
  if (deeds.length > DEEDS_MAX) deeds.shift();
}

/**
 * A page was walked. If it had been walked before, the flush that came first after that made it
 * necessary: for nothing, if the page still leads where it led.
 */
export function noteWalk(
  { clock }: Ledger,
  books: Books,
  { vm, vcpu, event }: { vm: Vm; vcpu: Vcpu; event: MmuEventOf<'access'> },
): void {
  const tag = tagInUse(vm, vcpu);
  const { page } = event.gva;
  const frame = gpaToGfn(event.gpa);
  const pages = pagesOf(books, tag);
  const walked = pages.get(page);
  if (walked === undefined) {
    if (pages.size >= PAGES_MAX) pages.clear();
    pages.set(page, { frame, at: clock });
    return;
  }
  const deed = firstFlushAfter(books, { tag, page }, walked.at);
  if (deed !== null) prove(deed, walked.frame === frame ? 'wasted' : 'necessary');
  walked.frame = frame;
  walked.at = clock;
}

/** A flush covers a page by naming nothing, its root, or its VPID with or without PCID and page. */
function firstFlushAfter(
  { flushes }: Books,
  { tag, page }: { tag: TlbTag; page: number },
  at: number,
): Deed | null {
  const { everything, roots, tags } = flushes;
  const { vpid, pcid, root } = tag;
  let first = firstAfter(everything, at, null);
  if (roots.size > 0) first = firstAfter(roots.get(root), at, first);
  first = firstOfTag(tags.get(tagKeyOf(vpid, null)), { page, at }, first);
  return firstOfTag(tags.get(tagKeyOf(vpid, pcid)), { page, at }, first);
}

function firstOfTag(
  tag: TagFlushes | undefined,
  { page, at }: { page: number; at: number },
  known: Deed | null,
): Deed | null {
  if (tag === undefined) return known;
  const first = firstAfter(tag.whole, at, known);
  // To look up a page takes longest, and most tags have flushed none.
  return tag.pages.size === 0 ? first : firstAfter(tag.pages.get(page), at, first);
}

/** The first deed after a time, or one that is known already if that was earlier. */
function firstAfter(
  deeds: readonly Deed[] | undefined,
  at: number,
  known: Deed | null,
): Deed | null {
  if (deeds === undefined) return known;
  const place = placeAfter(deeds, at);
  if (place === deeds.length) return known;
  const deed = deeds[place] as Deed;
  return known === null || deed.at < known.at ? deed : known;
}

/** The place of the first deed after a time, by halves: they are in the order of their times. */
function placeAfter(deeds: readonly Deed[], at: number): number {
  let [low, high] = [0, deeds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((deeds[middle] as Deed).at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The list that a flush belongs in. */
function deedsFor(flushes: Flushes, { vpid, pcid, root, page }: Covered): Deed[] {
  if (vpid === null) return root === null ? flushes.everything : listAt(flushes.roots, root);
  const key = tagKeyOf(vpid, pcid);
  let tag = flushes.tags.get(key);
  if (tag === undefined) {
    tag = { whole: [], pages: new Map() };
    flushes.tags.set(key, tag);
  }
  return page === null ? tag.whole : listAt(tag.pages, page);
}

function listAt(lists: Map<number, Deed[]>, key: number): Deed[] {
  let list = lists.get(key);
  if (list === undefined) {
    list = [];
    lists.set(key, list);
  }
  return list;
}

function forgetAll(flushes: Flushes): void {
  flushes.everything.length = 0;
  flushes.roots.clear();
  flushes.tags.clear();
  flushes.scopes = 0;
}

/** @param pcid Null where every PCID of the VPID is meant. */
function tagKeyOf(vpid: number, pcid: number | null): number {
  return vpid * (PCIDS + 1) + (pcid ?? PCIDS);
}

function pagesOf({ walked }: Books, { vpid, pcid, root }: TlbTag): Map<number, Walked> {
  const key = (Math.floor(root / PAGE_SIZE) * 256 + vpid) * PCIDS + pcid;
  let pages = walked.get(key);
  if (pages === undefined) {
    if (walked.size >= TAGS_MAX) walked.clear();
    pages = new Map();
    walked.set(key, pages);
  }
  return pages;
}
