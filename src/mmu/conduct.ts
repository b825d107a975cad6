import { DEFECTS, type Defect } from './defects/index.js';
import { type KernelRules, kernelRulesOf } from './kernel/index.js';
import { MENDS, type Mend } from './mends/index.js';
import { policyOf } from './policies/index.js';
import { DEFECT_NAMES, type VmConfig } from './schema/index.js';
import { wrappersOf } from './seam.js';
import type { Vm } from './state/index.js';

/** The conduct of a VM: its kernel's rules, its policy, and the wrappers of functions. */
export type Conduct = Pick<Vm, 'rules' | 'policy' | 'wrappers'>;

/** The conduct of the VM's kernel, with the defects that are asked for, in any order. */
export function conductOf(config: VmConfig): Conduct {
  const defects = defectsOf(config);
  return {
    rules: rulesWith(kernelRulesOf(config.kernel), defects),
    policy: policyOf(config.policy),
    wrappers: wrappersOf(defects.flatMap(({ seams = [] }) => seams)),
  };
}

/**
 * Without the bugs that the kernel is known to have had, and without the holes that KVM has to this
 * day. Of the defects that are asked for, those remain that are no kernel's rule.
 */
export function mendedConductOf(config: VmConfig): Conduct {
  const mends: readonly Mend[] = Object.values(MENDS);
  const parts = [...mends, ...defectsOf(config)];
  return {
    rules: rulesWith(withoutBugs(kernelRulesOf(config.kernel)), mends),
    policy: policyOf(config.policy),
    wrappers: wrappersOf(parts.flatMap(({ seams = [] }) => seams)),
  };
}

/** The defects of a VM, in the order of the catalogue. */
function defectsOf({ defects }: VmConfig): Defect[] {
  return DEFECT_NAMES.filter((name) => defects.includes(name)).map((name) => DEFECTS[name]);
}

function rulesWith(rules: KernelRules, parts: readonly Pick<Defect, 'rules'>[]): KernelRules {
  let changed = rules;
  for (const part of parts) changed = { ...changed, ...part.rules };
  return changed;
}

/** Every rule that the catalogue has as a bug is as in a kernel that had none of them. */
function withoutBugs(rules: KernelRules): KernelRules {
  const sound = kernelRulesOf('6.1');
  const wrong = Object.values(DEFECTS).flatMap((defect) => Object.keys(defect.rules ?? {}));
  const mended = wrong.map((rule) => [rule, sound[rule as keyof KernelRules]]);
  return { ...rules, ...Object.fromEntries(mended) };
}
