import type { Word } from '../../../mmu/index.js';
import type { Placed, Window } from './window.js';

/** An operand that no event has, and that later ones may show. */
export interface Open {
  readonly kind: 'mov-cr3' | 'invlpg' | 'invpcid' | 'invept';
  readonly window: Window;
  readonly placed: Placed;
  /** Values of CR3 that it may have been, the likeliest first. */
  candidates: Word[];
  /** Roots that turned out to be gone because of it. */
  readonly dropped: Word[];
}
