import type { CommandKind, MmuEventOf } from '../schema/index.js';

/**
 * The worth of a flush, a sync or a free: `necessary` if the translations that it removed were
 * stale, `wasted` if they were right and had to be built again, `harmless` otherwise.
 */
export type Worth = 'necessary' | 'harmless' | 'wasted';

export type Tally = Record<Worth, number>;

/** The deeds that are judged: flushes of a TLB by KVM, syncs of a root, roots that were freed. */
export type DeedKind = 'flush' | 'sync' | 'free';

export type Sums = Record<DeedKind, Tally>;

/** A deed whose worth may still show. */
export interface Deed {
  /** Time of the deed, by the ledger's own clock. */
  readonly at: number;
  /** The tally that counts it; null for a deed of the processor for the guest. */
  readonly tally: Tally | null;
  worth: Worth;
}

/** The last walk of a page: its frame and its time. */
export interface Walked {
  frame: number;
  at: number;
}

/**
 * Flushes by what they covered, newest last: everything, a root, a VPID or a PCID under it, and one
 * page of either.
 */
export interface Flushes {
  readonly everything: Deed[];
  readonly roots: Map<number, Deed[]>;
  /** By VPID and PCID, as one number. */
  readonly tags: Map<number, TagFlushes>;
  /** Number of lists that have a flush. */
  scopes: number;
}

export interface TagFlushes {
  readonly whole: Deed[];
  readonly pages: Map<number, Deed[]>;
}

/** The books of one vCPU. What they lean on is bounded; what is forgotten stays `harmless`. */
export interface Books {
  /** The deed that was noted last; null before the first. */
  newest: Deed | null;
  /** Sums by the command that asked for the deeds. */
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
  readonly flushes: Flushes;
  /** Pages by what tags them. */
  readonly walked: Map<number, Map<number, Walked>>;
  /** Frees by MMU and pgd. */
  readonly freed: Map<string, Deed>;
}

/** Tells afterwards what each flush, sync and free was worth. It only listens. */
export interface Ledger {
  clock: number;
  /** Books of each vCPU; null until something happens to it. */
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
    newest: null,
    sums: new Map(),
    asked: new Map(),
    serving: null,
    lostBy: null,
    isLoading: false,
    reloading: null,
    flushes: { everything: [], roots: new Map(), tags: new Map(), scopes: 0 },
    walked: new Map(),
    freed: new Map(),
  };
}
