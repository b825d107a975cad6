import type { CommandKind, MmuEventOf } from '../schema/index.js';

/**
 * What a flush, a sync or a free turned out to be worth: `necessary` if what it did away with was
 * not right any more, `wasted` if it was right and had to be built again, `harmless` otherwise.
 */
export type Worth = 'necessary' | 'harmless' | 'wasted';

export type Tally = Record<Worth, number>;

/** What is judged: each flush of a TLB by KVM, each sync of a root, each root that was freed. */
export type DeedKind = 'flush' | 'sync' | 'free';

export type Sums = Record<DeedKind, Tally>;

/** A deed whose worth may still show. */
export interface Deed {
  /** By the ledger's own clock. */
  readonly at: number;
  /** Where it is counted; null for what the guest had the processor do. */
  readonly tally: Tally | null;
  worth: Worth;
}

/** Where a page led when it was last walked, and when that was. */
export interface Walked {
  frame: number;
  at: number;
}

/** The books of one vCPU. What they lean on is bounded; what is forgotten stays `harmless`. */
export interface Books {
  /** By the command that asked for it. */
  readonly sums: Map<CommandKind, Sums>;
  /** The command that made each request last. */
  readonly asked: Map<MmuEventOf<'request-made'>['request'], CommandKind>;
  /** The command whose request is being serviced. */
  serving: CommandKind | null;
  /** The command that left the MMU without a root, so that one is loaded. */
  lostBy: CommandKind | null;
  /** Whether a root is being loaded. */
  isLoading: boolean;
  /** The free whose root is being loaded again. */
  reloading: Deed | null;
  /** Flushes by what they covered, newest last. */
  readonly flushes: Map<string, Deed[]>;
  /** Pages by what tags them. */
  readonly walked: Map<number, Map<number, Walked>>;
  /** Frees by MMU and pgd. */
  readonly freed: Map<string, Deed>;
}

/** Tells afterwards what each flush, sync and free was worth. It only listens. */
export interface Ledger {
  clock: number;
  /** Of each vCPU; null until something happens to it. */
  readonly books: (Books | null)[];
}

export function createLedger(vcpus: number): Ledger {
  return { clock: 0, books: Array.from({ length: vcpus }, () => null) };
}

/** The books of a vCPU, opened when they are first wanted. */
export function booksOf({ books }: Ledger, vcpu: number): Books {
  const known = books[vcpu] ?? createBooks();
  books[vcpu] = known;
  return known;
}

function createBooks(): Books {
  return {
    sums: new Map(),
    asked: new Map(),
    serving: null,
    lostBy: null,
    isLoading: false,
    reloading: null,
    flushes: new Map(),
    walked: new Map(),
    freed: new Map(),
  };
}
