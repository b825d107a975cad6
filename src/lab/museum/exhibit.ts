import type { DefectName, PolicyName } from '../../mmu/index.js';
import type { Exhibit as Mistake } from '../../mmu/scenes/index.js';
import type { KernelName } from '../../mmu/schema/index.js';

/** A mistake, the commands that catch it, and what of their configuration makes it. */
export interface Exhibit extends Mistake, Switched {
  readonly name: string;
  readonly hall: Hall;
}

/**
 * The kind of a mistake: a hole is in mainline itself, a trap in a proposal as it was mailed, a bug was
 * mended, and a mutant is of our making.
 */
export const HALLS = ['hole', 'trap', 'bug', 'mutant'] as const;
export type Hall = (typeof HALLS)[number];

/** The change of a scene's configuration that makes it go wrong, and the one that leaves it right. */
export interface Switched {
  readonly amiss: Switch;
  readonly sound: Switch;
}

/** The part of a configuration that an exhibit is about. */
export type Switch =
  | { readonly defects: [DefectName] | [] }
  | { readonly policy: PolicyName }
  | { readonly kernel: KernelName }
  | { readonly paging: 'ept' };

/** An exhibit as its file has it: the catalogue gives the name. */
export type Unnamed = Omit<Exhibit, 'name' | 'hall'>;
