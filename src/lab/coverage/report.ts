import type { Reached, ReachedTriple } from './reach.js';
import type { Happened } from './tally.js';
import { type Triple, tripleKeyOf } from './triple.js';

/** A triple that happened, or that a search has found. */
export interface CoverageRow extends Triple {
  /** Commands that were of it. */
  readonly times: number;
  /** Number of the first of them; null if there is none. */
  readonly first: number | null;
  /** Indices into the alphabet of a shortest way to it; null if no search has come to it. */
  readonly way: readonly number[] | null;
}

/** Figures of a coverage. */
export interface CoverageFigures {
  /** Triples that happened. */
  readonly exercised: number;
  /** Triples that the search found; null before it has ended. */
  readonly reachable: number | null;
  /** Triples that it found and that did not happen. */
  readonly missed: number | null;
}

/**
 * Holds what happened against what can happen. First come the triples that the search found, those
 * with the shortest ways first, and then those that only happened.
 */
export function coverageRows(
  happened: ReadonlyMap<string, Happened>,
  reached: Pick<Reached, 'triples'> | null,
): CoverageRow[] {
  const found = new Set<string>();
  const rows = (reached?.triples ?? []).map((triple) => {
    const key = tripleKeyOf(triple);
    found.add(key);
    return rowOf(triple, happened.get(key), triple.way);
  });
  const others = [...happened].filter(([key]) => !found.has(key));
  return [...rows, ...others.map(([, one]) => rowOf(one.triple, one, null))];
}

export function coverageFigures(
  rows: readonly CoverageRow[],
  reached: Pick<Reached, 'triples'> | null,
): CoverageFigures {
  const exercised = rows.filter(({ times }) => times > 0).length;
  if (reached === null) return { exercised, reachable: null, missed: null };
  return { exercised, reachable: reached.triples.length, missed: rows.length - exercised };
}

function rowOf(
  { state, command, outcome }: Triple,
  happened: Happened | undefined,
  way: ReachedTriple['way'] | null,
): CoverageRow {
  const { times, first } = happened ?? { times: 0, first: null };
  return { state, command, outcome, times, first, way };
}
