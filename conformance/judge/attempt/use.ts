import type { AccessKind } from './access.js';

/** Changes of an entry. */
export type EntryChange = 'frame' | 'present' | 'not-present' | 'writable' | 'read-only';

/** An action of a step. All accesses are of the page A, which an EPT knows as P. */
export type UseAction =
  | { readonly kind: 'access'; readonly access: AccessKind }
  | ChangeAction
  /** The first space has the entry that is changed. */
  | {
      readonly kind: 'switch';
      readonly space: 0 | 1;
      readonly pcid: number;
      readonly flushes: boolean;
    }
  | { readonly kind: 'invlpg' }
  | { readonly kind: 'invpcid'; readonly type: number; readonly pcid: number }
  | { readonly kind: 'invvpid'; readonly type: number }
  | { readonly kind: 'toggle-pge' }
  | { readonly kind: 'invept'; readonly type: number; readonly eptp: 1 | 2 }
  | { readonly kind: 'exit' | 'enter' }
  /** L2 goes on with another EPTP. */
  | { readonly kind: 'run'; readonly eptp: 1 | 2 };

export interface ChangeAction {
  readonly kind: 'change';
  readonly table: 'pte' | 'ept';
  readonly change: EntryChange;
}

/** Ends that an access may have after a translation was changed in memory. */
export interface AllowedEnds {
  /** By the translation as it was. */
  readonly stale: boolean;
  /** By the translation as it is in memory; for one that is there no more, by nothing. */
  readonly fresh: boolean;
  /** By a fault, which takes away its own reason: then the access is done. */
  readonly fault: 'page-fault' | 'ept-violation' | null;
  /** Error code of a page fault, where it is said. */
  readonly errorCode: bigint | null;
}

/** A sequence whose last action, an access, may end in one of several ways. */
export interface UseAttempt {
  readonly kind: 'use';
  readonly label: string;
  readonly paging: 'shadow' | 'ept';
  /** VPID of L2; null where there is no L2. */
  readonly vpid: 0 | 1 | null;
  readonly isGlobal: boolean;
  readonly pcide: boolean;
  /** Whether both EPTPs are of one EPT, and differ in bit 6. */
  readonly sharesEpt: boolean;
  readonly actions: readonly UseAction[];
  readonly last: AccessKind;
  readonly ends: AllowedEnds;
}
