import type { WireTlb, WireTlbContext, WireVcpu } from '../api/wire.js';
import type { Moments, WireAllowed, WireWalk } from './moments.js';
import { gpaOf, type ShadowWalk, shadowWalkOf } from './shadow-walk.js';

/** A TLB entry for an address. */
export interface Cached {
  readonly context: WireTlbContext;
  readonly entry: WireTlbContext['entries'][number];
  /** Whether it leads elsewhere than the guest's tables in memory. */
  readonly differs: boolean;
}

/** An address at a moment: how the guest, KVM and the processor translate it. */
export interface Look {
  readonly gva: string;
  readonly walk: WireWalk;
  readonly shadow: ShadowWalk;
  readonly cached: readonly Cached[];
  /** Null where no oracle judges. */
  readonly allowed: WireAllowed | null;
  /** Whether the shadow leads elsewhere than the guest's tables. */
  readonly shadowDiffers: boolean;
}

const PAGE_MASK = ~0xfffn;

export async function lookAt(
  moments: Moments,
  { seq, vcpu, gva }: { seq: number; vcpu: WireVcpu; gva: string },
): Promise<Look> {
  const [walk, tlb, allowed] = await Promise.all([
    moments.walk(seq, vcpu.vcpu, gva),
    moments.tlb(seq, vcpu.vcpu),
    moments.allowed(seq, vcpu.vcpu, gva),
  ]);
  const shadow = await shadowWalkOf(moments, { seq, vcpu, gva, walk });
  const right = frameOf(walk);
  return {
    ...{ gva, walk, shadow, allowed },
    cached: cachedFor(tlb, { gva, gpa: gpaOf(walk), right }),
    shadowDiffers: shadow.gpa !== null && leadsElsewhere(shadow.gpa, right),
  };
}

/** The page of L1 that the guest's tables give; null where they give none, or one of L2. */
function frameOf({ result }: WireWalk): string | null {
  return result.kind === 'mapped' && result.memslot !== null ? result.gpa : null;
}

interface Addresses {
  readonly gva: string;
  readonly gpa: string | null;
  readonly right: string | null;
}

/** Entries for the address, under whatever tag. */
function cachedFor({ contexts }: WireTlb, { gva, gpa, right }: Addresses): Cached[] {
  return contexts.flatMap((context) => {
    const isPhysical = context.kind === 'guest-physical';
    const of = isPhysical ? gpa : gva;
    if (of === null) return [];
    return context.entries
      .filter(({ address }) => pageOf(address) === pageOf(of))
      .map((entry) => ({ context, entry, differs: leadsElsewhere(entry.gpa, right) }));
  });
}

/** An address of L2 cannot be compared with one of L1: nothing is said of it. */
function leadsElsewhere(gpa: string, right: string | null): boolean {
  return right !== null && pageOf(gpa) !== pageOf(right);
}

function pageOf(address: string): bigint {
  return BigInt(address) & PAGE_MASK;
}
