import type { WireShadowPage, WireSpte, WireVcpu } from '../api/wire.js';
import type { Moments, WireWalk } from './moments.js';

/** An entry that the processor reads in KVM's shadow, or finds empty. */
export interface ShadowStep {
  readonly page: WireShadowPage;
  readonly index: number;
  /** Null: the entry is empty. */
  readonly entry: WireSpte | null;
}

/** A walk of the shadow of an address; it touches nothing. */
export interface ShadowWalk {
  /** The address by which it goes: linear, or guest-physical where KVM's tables map those. */
  readonly address: string | null;
  readonly steps: readonly ShadowStep[];
  /** Guest-physical address that it leads to; null if it ends before. */
  readonly gpa: string | null;
  /** The end in words. */
  readonly end: string;
}

const PAGE_BITS = 12n;
const INDEX_BITS = 9n;
const FRAME_MASK = 0xffffffffff000n;

/** A place in a history at which a walk is made. */
export interface WalkPlace {
  readonly seq: number;
  readonly vcpu: WireVcpu;
  readonly gva: string;
  /** The walk of the guest's own tables for the same address. */
  readonly walk: WireWalk;
}

/** Walks what KVM has in place of the guest's tables: the shadow, or the EPT below them. */
export async function shadowWalkOf(
  moments: Pick<Moments, 'shadowPage' | 'shadowPages'>,
  { seq, vcpu, gva, walk }: WalkPlace,
): Promise<ShadowWalk> {
  const { root } = vcpu.mmu === 'root' ? vcpu.rootMmu : vcpu.guestMmu;
  if (root === null) return ended('no root is loaded');
  const top = await topOf(moments, { seq, root: root.hpa, gva, walk });
  if (top === null) return ended('its root has no page for this address');
  const byGpa = vcpu.mmu === 'guest' || top.direct;
  const address = byGpa ? gpaOf(walk) : gva;
  if (address === null) return ended('the guest has no guest-physical address for it');
  const steps: ShadowStep[] = [];
  for (let hpa = top.hpa; ; ) {
    const dump = await moments.shadowPage(seq, hpa);
    if (dump === null) return { address, steps, gpa: null, end: `no page at ${hpa}` };
    const { page, entries } = dump;
    const index = indexAt(address, page.level);
    const entry = entries.find((one) => one.index === index) ?? null;
    steps.push({ page, index, entry });
    if (entry === null) return { address, steps, gpa: null, end: 'not present' };
    if (entry.child === null) return { address, steps, ...leafOf(entry, page.level, address) };
    hpa = entry.child;
  }
}

/** The guest-physical address that the guest's own tables give; null if they give none. */
export function gpaOf({ result }: WireWalk): string | null {
  return result.kind === 'mapped' ? result.gpa : null;
}

function ended(end: string): ShadowWalk {
  return { address: null, steps: [], gpa: null, end };
}

interface TopPlace {
  readonly seq: number;
  readonly root: string;
  readonly gva: string;
  readonly walk: WireWalk;
}

/** The first page: the root's, or of four tables under a PAE root that of the address. */
async function topOf(
  moments: Pick<Moments, 'shadowPage' | 'shadowPages'>,
  { seq, root, gva, walk }: TopPlace,
): Promise<WireShadowPage | null> {
  const dump = await moments.shadowPage(seq, root);
  if (dump !== null) return dump.page;
  const { pages } = await moments.shadowPages(seq, root);
  const level = Math.max(0, ...pages.map((page) => page.level));
  const quarter = Number((BigInt(gva) >> 30n) & 3n);
  const table = walk.entries[0]?.entry;
  const frame = table === undefined ? -1 : Number((BigInt(table) & FRAME_MASK) >> PAGE_BITS);
  const isMeant = (page: WireShadowPage) => {
    if (page.direct) return page.gfn === quarter << 18;
    return page.quadrant === null ? page.gfn === frame : page.quadrant === quarter;
  };
  return pages.find((page) => page.level === level && isMeant(page)) ?? null;
}

function indexAt(address: string, level: number): number {
  const shift = PAGE_BITS + INDEX_BITS * BigInt(level - 1);
  return Number((BigInt(address) >> shift) & 511n);
}

function leafOf({ gfn, mmio }: WireSpte, level: number, address: string) {
  if (gfn === null || mmio) return { gpa: null, end: 'no memory is behind it' };
  const size = 1n << (PAGE_BITS + INDEX_BITS * BigInt(level - 1));
  const gpa = (BigInt(gfn) << PAGE_BITS) + (BigInt(address) & (size - 1n));
  return { gpa: `0x${gpa.toString(16)}`, end: 'mapped' };
}
