import { ZERO } from '../machine/index.js';
import {
  isValidRoot,
  type Mmu,
  resizeTlb,
  type Tlb,
  type TlbContext,
  type TlbEntry,
  type Vcpu,
} from '../state/index.js';

/** Leaves of a vCPU what it goes on by. */
export function settleVcpu(vcpu: Vcpu): void {
  clearCounters(vcpu);
  settleSlots(vcpu.rootMmu);
  settleSlots(vcpu.guestMmu);
  if (vcpu.tlb !== null) settleTlb(vcpu.tlb);
}

/** Nothing reads them but reports. */
export function clearCounters({ counters }: Pick<Vcpu, 'counters'>): void {
  for (const name of Object.keys(counters) as (keyof typeof counters)[]) counters[name] = 0;
}

/** A record that holds no root says nothing: the next root overwrites all of it. */
export function settleSlots({ slots }: Mmu): void {
  for (const root of slots) {
    if (isValidRoot(root)) continue;
    root.pgd = ZERO;
    root.syncDue = false;
    root.flushDue = false;
    root.ranUnder = 0;
  }
}

/** Numbers of entries tell only which of a bounded TLB's is the oldest. */
export function settleTlb(tlb: Tlb): void {
  const isBounded = tlb.capacity !== Number.POSITIVE_INFINITY;
  const live = tlb.contexts.filter(({ entries }) => entries.size > 0).sort(compareTags);
  tlb.contexts.splice(0, tlb.contexts.length, ...live);
  if (isBounded) {
    renumber(tlb);
    return;
  }
  tlb.made = 0;
  for (const { entries } of tlb.contexts) {
    const inOrder = [...entries].sort(([a], [b]) => a - b);
    entries.clear();
    for (const [page, entry] of inOrder) entries.set(page, numbered(entry, 0));
  }
}

function renumber(tlb: Tlb): void {
  const all = tlb.contexts.flatMap(({ entries }) => [...entries.values()]);
  const rank = new Map(all.sort((a, b) => a.made - b.made).map((entry, i) => [entry, i]));
  for (const { entries } of tlb.contexts) {
    for (const [page, entry] of entries) entries.set(page, numbered(entry, rank.get(entry) ?? 0));
  }
  tlb.made = all.length;
}

function numbered({ gfn, order, acc }: TlbEntry, number: number): TlbEntry {
  return { gfn, order, acc, made: number };
}

/** Gives EPT roots their new frames; what was made by a root that is gone is never hit again. */
export function renameTags(tlb: Tlb, frames: ReadonlyMap<number, number>): void {
  const live: TlbContext[] = [];
  for (const context of tlb.contexts) {
    const root = context.root === 0 ? 0 : frames.get(context.root);
    if (root === undefined) resizeTlb(tlb, -context.entries.size);
    else live.push(root === context.root ? context : { ...context, root });
  }
  tlb.contexts.splice(0, tlb.contexts.length, ...live);
}

function compareTags(a: TlbContext, b: TlbContext): number {
  return (
    (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0) ||
    a.vpid - b.vpid ||
    a.pcid - b.pcid ||
    a.root - b.root
  );
}
