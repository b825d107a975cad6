import { isSamePage, powerOf2 } from '../machine/index.js';
import {
  GLOBAL,
  resizeTlb,
  type Tlb,
  type TlbContext,
  type TlbEntry,
  type TlbTag,
} from '../state/index.js';

/** The entry that a linear or guest-physical page number hits under a tag, if any. */
export function lookupTlb(tlb: Tlb, tag: TlbTag, pageNumber: number): TlbEntry | undefined {
  for (const context of tlb.contexts) {
    if (!serves(context, tag)) continue;
    const entry = context.entries.get(pageNumber);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/**
 * Keeps a translation; a bounded TLB gives up its oldest one for it.
 *
 * @param made `order`: that of the guest's page, 0 for one of 4 KiB.
 */
export function fillTlb(
  tlb: Tlb,
  tag: TlbTag,
  pageNumber: number,
  { gfn, acc, order }: { gfn: number; acc: number; order: number },
): void {
  const context = contextOf(tlb, tag);
  if (context.entries.delete(pageNumber)) resizeTlb(tlb, -1);
  if (tlb.size >= tlb.capacity) dropOldest(tlb, context);
  context.entries.set(pageNumber, { gfn, order, acc, made: tlb.made });
  if (order > context.orderMax) context.orderMax = order;
  tlb.made += 1;
  resizeTlb(tlb, 1);
}

/** Drops what carries one of the meant tags. */
export function dropFromTlb(tlb: Tlb | null, isMeant: (tag: TlbTag) => boolean): void {
  dropIn(tlb, isMeant, (context) => {
    const { size } = context.entries;
    context.entries.clear();
    return size;
  });
}

/** Drops the entries of one page number of 4 KiB that carry one of the meant tags. */
export function dropNumberFromTlb(
  tlb: Tlb | null,
  isMeant: (tag: TlbTag) => boolean,
  pageNumber: number,
): void {
  dropIn(tlb, isMeant, ({ entries }) => (entries.delete(pageNumber) ? 1 : 0));
}

/**
 * Drops a page from the contexts of the meant tags: every entry that was made of it, if it was a
 * large page then.
 *
 * @param pageNumber Number of any 4 KiB in the page.
 */
export function dropPageFromTlb(
  tlb: Tlb | null,
  isMeant: (tag: TlbTag) => boolean,
  pageNumber: number,
): void {
  dropIn(tlb, isMeant, (context) => {
    const own = context.entries.delete(pageNumber) ? 1 : 0;
    return own + (context.orderMax > 0 ? dropLargeAround(context, pageNumber) : 0);
  });
}

/** @param drop Drops entries of a context, and says how many. */
function dropIn(
  tlb: Tlb | null,
  isMeant: (tag: TlbTag) => boolean,
  drop: (context: TlbContext) => number,
): void {
  if (tlb === null || tlb.contexts.length === 0) return;
  for (const context of tlb.contexts) if (isMeant(context)) resizeTlb(tlb, -drop(context));
  forgetEmpty(tlb);
}

/** The entries of large pages in which a page number lies. @returns How many there were. */
function dropLargeAround({ entries, orderMax }: TlbContext, pageNumber: number): number {
  let dropped = 0;
  const dropIfMeant = (other: number) => {
    const order = entries.get(other)?.order ?? 0;
    if (order === 0 || !isSamePage(other, pageNumber, order)) return;
    entries.delete(other);
    dropped += 1;
  };
  const span = powerOf2(orderMax);
  const first = Math.floor(pageNumber / span) * span;
  if (entries.size <= span) for (const other of entries.keys()) dropIfMeant(other);
  else for (let i = 0; i < span; i += 1) dropIfMeant(first + i);
  return dropped;
}

/** Contexts without entries go, so that tags which are used no more take no room. */
function forgetEmpty({ contexts }: Tlb): void {
  for (let i = contexts.length - 1; i >= 0; i -= 1) {
    if ((contexts[i] as TlbContext).entries.size === 0) contexts.splice(i, 1);
  }
}

/** Whether an entry of a context may be used under a tag: the same, or a global page of it. */
function serves(context: TlbContext, tag: TlbTag): boolean {
  return (
    context.vpid === tag.vpid &&
    context.root === tag.root &&
    (context.pcid === tag.pcid || context.pcid === GLOBAL) &&
    context.kind === tag.kind
  );
}

function contextOf(tlb: Tlb, tag: TlbTag): TlbContext {
  const known = tlb.contexts.find(
    ({ kind, vpid, pcid, root }) =>
      kind === tag.kind && vpid === tag.vpid && pcid === tag.pcid && root === tag.root,
  );
  if (known !== undefined) return known;
  const { kind, vpid, pcid, root } = tag;
  const context: TlbContext = { kind, vpid, pcid, root, entries: new Map(), orderMax: 0 };
  tlb.contexts.push(context);
  return context;
}

/** @param filled The context that is about to get an entry: it stays, even if it is empty now. */
function dropOldest(tlb: Tlb, filled: TlbContext): void {
  let oldest: { context: TlbContext; pageNumber: number; made: number } | null = null;
  for (const context of tlb.contexts) {
    const first = context.entries.entries().next().value;
    if (first === undefined) continue;
    const [pageNumber, { made }] = first;
    if (oldest === null || made < oldest.made) oldest = { context, pageNumber, made };
  }
  if (oldest === null) return;
  const { context, pageNumber } = oldest;
  context.entries.delete(pageNumber);
  resizeTlb(tlb, -1);
  const isSpent = context.entries.size === 0 && context !== filled;
  if (isSpent) tlb.contexts.splice(tlb.contexts.indexOf(context), 1);
}
