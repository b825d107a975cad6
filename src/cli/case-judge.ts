import type { ConformReport } from '../lab/index.js';

/** As much of an architecture case as this program knows: the judge reads the rest. */
interface CaseLike {
  readonly id: string;
}

/** The judge of architecture cases, as `conformance/judge/index.ts` exports it. */
interface CaseJudge {
  /** @returns Null if the content is not a list of cases. */
  casesOf(content: unknown): readonly CaseLike[] | null;
  judgeCases(cases: readonly CaseLike[]): ConformReport;
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
