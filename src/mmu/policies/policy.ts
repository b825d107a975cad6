/** The fate of a root that an invalidation covers. */
export type Fate = 'keep' | 'free' | 'mark';

/**
 * The debts of a marked root, to be settled before it is used again: {@link SYNC_DUE},
 * {@link FLUSH_DUE}, both or neither, a bit each. The two are settled at different moments.
 */
export type Dues = number;

export const NO_DUES: Dues = 0;
/** `kvm_mmu_sync_roots()` with this root current. */
export const SYNC_DUE: Dues = 1;
/** A flush of the TLB entries that this root may have made. */
export const FLUSH_DUE: Dues = 2;
export const ALL_DUES: Dues = 3;

/**
 * The invalidations whose effect on a root is a policy's choice. Every other cause that frees a
 * root frees it under every policy.
 *
 * - `mov-cr3`, `invpcid-single`: the PCID of the root.
 * - `guest-flush`: everything, when `TLB_FLUSH_GUEST` is serviced.
 * - `cr4-flush`: everything, when CR4.PGE changes or PCIDE is cleared. Here `keep` means that the
 *   invalidation is left to a `TLB_FLUSH_GUEST` request.
 * - `pcide-on`: nothing, by the architecture; but roots that PCIDE=0 allowed to be stale become
 *   reachable by a no-flush MOV CR3.
 * - `invept-single`, `invept-all`: the EP4TA of the root, or every EP4TA.
 */
export const INVALIDATIONS = [
  'mov-cr3',
  'invpcid-single',
  'guest-flush',
  'cr4-flush',
  'pcide-on',
  'invept-single',
  'invept-all',
] as const;

const CHOICES: ReadonlySet<string> = new Set(INVALIDATIONS);

/** @param cause Why a root was freed. */
export function isPolicysChoice(cause: string): boolean {
  return CHOICES.has(cause);
}

/** An invalidation, as it meets one root. */
export interface Invalidation {
  readonly by: (typeof INVALIDATIONS)[number];
  readonly of: 'current' | 'previous';
  /** CR4.PCIDE of the vCPU. */
  readonly pcide: boolean;
  /** Whether the root has unsync pages below it: `is_unsync_root()`. */
  readonly unsync: boolean;
}

/**
 * The decisions KVM's MMU leaves open about cached roots, and no others.
 *
 * Each hook is pure, total and blind to everything but its arguments: it decides, and the handler
 * acts. What a policy must remember is part of the root cache's state, which the model keeps.
 */
export interface Policy {
  /** Kebab-case; the name of the file, of the REST value and of the chart's legend. */
  readonly name: string;
  /** One sentence for the dashboard: the difference from `mainline`, and why it might win. */
  readonly summary: string;
  /** The origin of the policy. */
  readonly source: string;
  /** Bytes that it adds to `struct kvm_mmu` of v5.14; negative if it saves some. */
  readonly costBytes: number;
  /** The reason for `costBytes`. */
  readonly costNote: string;
  /**
   * Whether a root that may be stale is never used before it is synced and flushed, as far as that
   * is the policy's choice. The proposals as mailed are not sound; they are there to show why.
   */
  readonly isSound: boolean;

  /**
   * Index into `prev_roots` of the slot to give up, so that the active root can be kept; -1 gives
   * up the active root itself.
   *
   * @param count Slots in `prev_roots`: from 0 to 15.
   * @param holes The empty ones among them: bit n is that of slot n.
   */
  victimSlot(count: number, holes: number): number;

  /** Decides the fate of a root that an invalidation covers. */
  fateOf(invalidation: Invalidation): Fate;

  /** Decides the requests to make when a root with these dues is found in the cache. */
  requestsOnReuse(dues: Dues): Dues;

  /**
   * The moment at which a mark is forgotten: once the sync or the flush was done (`when-settled`),
   * or as soon as its request was raised, as in the mails (`when-raised`).
   */
  readonly forgetsMark: 'when-settled' | 'when-raised';

  /**
   * The place of the marks: with their root, or in an array beside the slots. Every rotation has to
   * move that array too, and the posted snippet does so only in part.
   */
  readonly marksLive: 'with-root' | 'beside-slots';
}
