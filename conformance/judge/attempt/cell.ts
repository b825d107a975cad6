/** A cached entry, by its tags: `cur` is what runs, or what the operand names. */
export interface CachedEntry {
  readonly kind: 'linear' | 'combined' | 'guest-physical';
  readonly vpid: 'cur' | 'other' | 'zero';
  readonly pcid: 'cur' | 'other';
  readonly ep4ta: 'cur' | 'other';
  readonly glob: 0 | 1;
  readonly page: 'same' | 'other';
  readonly psc: 0 | 1;
}

/**
 * Places to make an invalidation: by L1 that runs no L2, by an L2 without or with an EPT or with
 * neither VPID nor PCID of its own, or by L1 on behalf of its L2.
 */
export type Where = 'alone' | 'l2' | 'l2-ept' | 'l2-ept-without-vpid' | 'root';

/** Register bits whose change may invalidate. */
export type ToggledBit = 'PGE' | 'PCIDE' | 'SMEP' | 'SMAP' | 'PKE' | 'WP' | 'NXE';

/** Ways to do something that may invalidate. The address is always the one under test. */
export type Way =
  | { readonly kind: 'invlpg' }
  | { readonly kind: 'invpcid'; readonly type: number; readonly pcid: 0 | 1 }
  | { readonly kind: 'invvpid'; readonly type: number; readonly vpid: 0 | 1 | 2 }
  | { readonly kind: 'invept'; readonly type: number; readonly eptp: 1 | 2 }
  /** MOV to CR3 with a PCID, by whoever runs. */
  | { readonly kind: 'load-cr3'; readonly pcid: 0 | 1; readonly keeps: boolean }
  | { readonly kind: 'toggle'; readonly bit: ToggledBit; readonly on: boolean }
  | { readonly kind: 'leave-paging' }
  /** The entry, from L1; the exit, from L2. */
  | { readonly kind: 'transition'; readonly vpid: 0 | 1 }
  | { readonly kind: 'restart-vmx' | 'switch-eptp' | 'reset' }
  /** An access to the page that its EPT, or its owner, does not allow. */
  | { readonly kind: 'violate-ept' | 'page-fault' };

/** Whether an entry that was cached may still be used after an invalidation. */
export interface CellAttempt {
  readonly kind: 'cell';
  readonly label: string;
  readonly paging: 'shadow' | 'ept';
  readonly entry: CachedEntry;
  readonly where: Where;
  readonly way: Way;
  readonly mustGo: boolean;
}
