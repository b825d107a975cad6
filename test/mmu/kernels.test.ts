import { describe, expect, test } from 'vitest';
import { KERNEL_NAMES, type KernelName } from '../../src/mmu/index.js';
import { type KernelRules, kernelRulesOf } from '../../src/mmu/kernel/index.js';
import { ROWS as L1_ROWS, type Row } from './kernel-rows.js';
import { NESTED_ROWS } from './nested-kernel-rows.js';
import { SHADOW_ROWS } from './shadow-kernel-rows.js';

type Rule = Exclude<keyof KernelRules, 'release'>;

/** Every rule; one without a row does not compile. */
const ROWS: Record<Rule, Row> = {
  ...L1_ROWS,
  ...NESTED_ROWS,
  ...SHADOW_ROWS,
};

/** What a row shows of a kernel in which one rule is another one's. */
function seenWith(rule: Rule, kernel: KernelName, other: KernelName): unknown {
  const rules = kernelRulesOf(kernel);
  const own = rules[rule];
  Object.assign(rules, { [rule]: kernelRulesOf(other)[rule] });
  try {
    return ROWS[rule].see(kernel);
  } finally {
    Object.assign(rules, { [rule]: own });
  }
}

describe('a rule in which the kernels differ', () => {
  test.each(Object.entries(ROWS))('%s', (_rule, { see, seen }) => {
    const kernels = KERNEL_NAMES.filter((kernel) => kernel in seen);
    expect(Object.fromEntries(kernels.map((kernel) => [kernel, see(kernel)]))).toEqual(seen);
    const answers = new Set(Object.values(seen).map((value) => JSON.stringify(value)));
    expect(answers.size).not.toBe(1);
  });

  test.each(Object.keys(ROWS) as Rule[])('%s alone decides what its row shows', (rule) => {
    const { seen } = ROWS[rule];
    const kernels = KERNEL_NAMES.filter((kernel) => kernel in seen);
    const moved: string[] = [];
    for (const kernel of kernels) {
      for (const other of kernels) {
        const shown = JSON.stringify(seenWith(rule, kernel, other));
        if (shown !== JSON.stringify(seen[kernel])) moved.push(`${kernel} with that of ${other}`);
      }
    }
    expect(moved).not.toEqual([]);
  });
});
