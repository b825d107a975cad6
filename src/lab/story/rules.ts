import type { MmuEventOf } from '../../mmu/schema/index.js';

export type Rule = MmuEventOf<'violation'>['rule'];

/** The rules that a violation may break. */
export const RULES: readonly Rule[] = [
  'stale-translation',
  'stale-right',
  'right-never-given',
  'spurious-fault',
];
