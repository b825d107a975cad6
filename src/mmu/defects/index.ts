import type { KernelRules } from '../kernel/index.js';
import type { Exhibit } from './exhibit.js';
import { HISTORIC } from './historic.js';
import { REQUEST_MUTANTS } from './mutant-requests.js';
import { ROOT_MUTANTS } from './mutant-roots.js';
import { SHADOW_MUTANTS } from './mutant-shadow.js';

export type { Exhibit } from './exhibit.js';

/**
 * Every way in which a VM can be made wrong on purpose, by its name.
 *
 * A defect is either another kernel's rule, and then the catalogue says which, or one line in the
 * model that asks {@link hasDefect}.
 */
export const DEFECTS = {
  ...HISTORIC,
  ...ROOT_MUTANTS,
  ...REQUEST_MUTANTS,
  ...SHADOW_MUTANTS,
} as const satisfies Record<string, Exhibit>;

export type DefectName = keyof typeof DEFECTS;

export const DEFECT_NAMES = Object.keys(DEFECTS) as [DefectName, ...DefectName[]];

/** Defects of one VM. */
export const DEFECTS_MAX = 16;

/** Null where there is none, so that a VM without defects pays for none. */
export type Defects = ReadonlySet<DefectName> | null;

export function defectsOf(names: readonly DefectName[]): Defects {
  return names.length === 0 ? null : new Set(names);
}

/** Whether a VM is to go wrong in this way. */
export function hasDefect({ defects }: { readonly defects: Defects }, name: DefectName): boolean {
  return defects?.has(name) === true;
}

/** A kernel's rules with those that defects put in their place. */
export function rulesWith(rules: KernelRules, names: readonly DefectName[]): KernelRules {
  let wrong = rules;
  for (const name of names) wrong = { ...wrong, ...exhibitOf(name).rules };
  return wrong;
}

/**
 * A kernel's rules without the bugs that it is known to have had: those of them that the catalogue
 * has as bugs are as in a kernel that had none.
 */
export function mendedRules(rules: KernelRules, sound: KernelRules): KernelRules {
  const wrong = DEFECT_NAMES.flatMap((name) => Object.keys(exhibitOf(name).rules ?? {}));
  const mended = wrong.map((rule) => [rule, sound[rule as keyof KernelRules]]);
  return { ...rules, ...Object.fromEntries(mended) };
}

/** A defect as the catalogue describes it. */
export function exhibitOf(name: DefectName): Exhibit {
  return DEFECTS[name];
}
