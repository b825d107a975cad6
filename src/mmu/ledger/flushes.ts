import { gpaToGfn, PAGE_SIZE } from '../machine/index.js';
import type { MmuEventOf } from '../schema/index.js';
import type { Books, Deed, Ledger, TlbTag, Vcpu, Vm, Walked } from '../state/index.js';
import { tagInUse } from '../tlb/index.js';
import { prove } from './sums.js';

/** Tags that a flush named; null where it named none, so that it covered all of them. */
interface Covered {
  readonly vpid: number | null;
  readonly pcid: number | null;
  readonly root: number | null;
  readonly page: number | null;
}

const EVERYTHING: Covered = { vpid: null, pcid: null, root: null, page: null };

/** Flushes of one scope, scopes, tags and pages of a tag that are remembered. */
const DEEDS_MAX = 16;
const SCOPES_MAX = 1024;
const TAGS_MAX = 64;
const PAGES_MAX = 1024;

/** Values that a PCID can have. */
const PCIDS = 4096;

export function noteFlush({ flushes }: Books, covered: Covered, deed: Deed): void {
  const scope = scopeOf(covered);
  let deeds = flushes.get(scope);
  if (deeds === undefined) {
    if (flushes.size >= SCOPES_MAX) flushes.clear();
    deeds = [];
    flushes.set(scope, deeds);
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

function firstFlushAfter(
  { flushes }: Books,
  { tag, page }: { tag: TlbTag; page: number },
  at: number,
): Deed | null {
  const { vpid, pcid, root } = tag;
  let first: Deed | null = null;
  for (const covered of [
    EVERYTHING,
    { ...EVERYTHING, root },
    { ...EVERYTHING, vpid },
    { ...EVERYTHING, vpid, pcid },
    { ...EVERYTHING, vpid, page },
    { ...EVERYTHING, vpid, pcid, page },
  ]) {
    const found = flushes.get(scopeOf(covered))?.find((deed) => deed.at > at);
    if (found !== undefined && (first === null || found.at < first.at)) first = found;
  }
  return first;
}

function scopeOf({ vpid, pcid, root, page }: Covered): string {
  return `${vpid ?? ''} ${pcid ?? ''} ${root ?? ''} ${page ?? ''}`;
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
