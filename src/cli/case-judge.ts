import type { ConformReport } from '../lab/index.js';

/** The judge of architecture cases, as `conformance/judge/index.ts` exports it. */
interface CaseJudge {
  /** @param file Name of the file, for what is wrong with the content as a whole. */
  judgeCases(content: unknown, file: string): ConformReport;
}

/**
 * Loads the judge of architecture cases. It stands beside the product, so nothing here imports it:
 * its build lies next to that of this program.
 *
 * @throws {Error} If it was not built.
 */
export function loadCaseJudge(): Promise<CaseJudge> {
  return import(/* @vite-ignore */ new URL('./case-judge.js', import.meta.url).href);
}
