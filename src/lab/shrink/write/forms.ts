import type { Shrunk } from '../shrink.js';
import { curlScript } from './curl.js';
import { kvmUnitTest } from './kvm-unit-test.js';
import { pythonTest } from './python.js';
import { typescriptTest } from './typescript.js';

/** Texts that a smallest list is written as, by their names: a script, and tests. */
export const SHRUNK_TEXTS = {
  curl: curlScript,
  typescript: typescriptTest,
  python: pythonTest,
  'kvm-unit-tests': kvmUnitTest,
} as const satisfies Record<string, (found: Shrunk) => string>;
export type ShrunkText = keyof typeof SHRUNK_TEXTS;

export const SHRUNK_TEXT_NAMES = Object.keys(SHRUNK_TEXTS) as [ShrunkText, ...ShrunkText[]];
