import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { KERNEL_VERSIONS } from '../../src/mmu/index.js';
import type { KernelRules } from '../../src/mmu/kernel/index.js';
import { ROWS as L1_ROWS, type Row } from './kernel-rows.js';
import { NESTED_ROWS } from './nested-kernel-rows.js';
import { SHADOW_ROWS } from './shadow-kernel-rows.js';

/** Every rule; one without a row does not compile. */
const ROWS: Record<Exclude<keyof KernelRules, 'version'>, Row> = {
  ...L1_ROWS,
  ...NESTED_ROWS,
  ...SHADOW_ROWS,
};

const MODEL = fileURLToPath(new URL('../../src/mmu', import.meta.url));

const sources = readdirSync(MODEL, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('kernel/'))
  .map((file) => readFileSync(join(MODEL, file), 'utf8'));

describe('a rule in which the kernels differ', () => {
  test.each(Object.entries(ROWS))('%s', (_rule, { see, seen }) => {
    const kernels = KERNEL_VERSIONS.filter((kernel) => kernel in seen);
    expect(Object.fromEntries(kernels.map((kernel) => [kernel, see(kernel)]))).toEqual(seen);
    const answers = new Set(Object.values(seen).map((value) => JSON.stringify(value)));
    expect(answers.size).not.toBe(1);
  });

  test.each(['version', ...Object.keys(ROWS)])('%s is read by the model', (rule) => {
    const isRead = new RegExp(`\\brules\\.${rule}\\b`);
    expect(sources.some((source) => isRead.test(source))).toBe(true);
  });
});
