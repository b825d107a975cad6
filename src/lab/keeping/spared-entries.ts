import type { Vcpu } from '../../mmu/index.js';
import type { MmuEventOf } from '../../mmu/schema/index.js';

type Tlb = NonNullable<Vcpu['tlb']>;
type Context = Tlb['contexts'][number];
type Entry = Context['entries'] extends ReadonlyMap<number, infer E> ? E : never;
type Flush = MmuEventOf<'tlb-flushed'>;

/** Entries of a tag before a command, and those of them that a flush has named since. */
interface Account {
  readonly context: Context;
  readonly before: number;
  named: number;
}

/**
 * Holds what a TLB loses against what its flushes name: another VPID, another EPT or another address
 * stays. It counts entries, so that it can say nothing of a command that makes some.
 */
export class SparedEntries {
  readonly #accounts: Account[];

  constructor({ tlb }: Vcpu) {
    this.#accounts = (tlb?.contexts ?? []).map((context) => ({
      ...{ context, before: context.entries.size, named: 0 },
    }));
  }

  /** Takes each flush before it drops anything. */
  see(flush: Flush): void {
    for (const account of this.#accounts) account.named += namedBy(flush, account.context);
  }

  /** @returns A sentence on entries that no flush named; null if all others are there. */
  lost(): string | null {
    for (const { context, before, named } of this.#accounts) {
      const lost = before - context.entries.size;
      if (lost <= named) continue;
      const { kind, vpid, pcid, root } = context;
      const tag = `${kind}, VPID ${vpid}, PCID ${pcid}, EPT root ${root.toString(16)}`;
      return `the TLB lost ${lost} entries of a tag (${tag}), and flushes named ${named}`;
    }
    return null;
  }
}

/** Number of entries of a tag that a flush names. */
function namedBy(flush: Flush, context: Context): number {
  if (!isTagNamed(flush, context)) return 0;
  if (flush.address === null) return context.entries.size;
  const first = flush.address.page;
  const last = first + (flush.pages ?? 1) - 1;
  let count = 0;
  for (const [number, entry] of context.entries) {
    if (isOfPages(number, entry, { first, last })) count += 1;
  }
  return count;
}

function isTagNamed({ scope, vpid, pcid, root }: Flush, context: Context): boolean {
  if (scope === 'all') return true;
  if (root !== null) return context.root === root;
  if (context.vpid !== vpid) return false;
  // An instruction that names a PCID may take global pages as well; a processor drops what it likes.
  return pcid === null || context.pcid === pcid || context.pcid < 0;
}

/** Whether an entry was made of a page in which any of these numbers lies. */
function isOfPages(
  number: number,
  { order }: Entry,
  { first, last }: { first: number; last: number },
): boolean {
  const size = 2 ** order;
  const own = Math.floor(number / size);
  return own >= Math.floor(first / size) && own <= Math.floor(last / size);
}
