/** Neighbouring pages: the first one, and how many. */
export interface PageRun {
  readonly first: number;
  readonly count: number;
}

/**
 * A set of pages as runs in rising order, between which other pages lie: what KVM keeps as a
 * bitmap. It takes room by the number of runs, so that a bitmap of all ones takes that of one.
 */
export type PageRuns = PageRun[];

export function addPage(runs: PageRuns, page: number): void {
  const at = indexFrom(runs, page);
  const next = runs[at];
  if (next !== undefined && next.first <= page) return;
  const before = runs[at - 1];
  const joinsBefore = before !== undefined && endOf(before) === page;
  const joinsNext = next !== undefined && next.first === page + 1;
  const first = joinsBefore ? before.first : page;
  const end = joinsNext ? endOf(next) : page + 1;
  const start = joinsBefore ? at - 1 : at;
  runs.splice(start, (joinsBefore ? 1 : 0) + (joinsNext ? 1 : 0), { first, count: end - first });
}

/**
 * Takes pages out of a set.
 *
 * @returns Those among them that were in it, in rising order.
 */
export function takePages(runs: PageRuns, { first, count }: PageRun): PageRuns {
  const end = first + count;
  const start = indexFrom(runs, first);
  const taken: PageRuns = [];
  const left: PageRuns = [];
  let at = start;
  for (let run = runs[at]; run !== undefined && run.first < end; run = runs[at]) {
    const from = Math.max(run.first, first);
    const to = Math.min(endOf(run), end);
    taken.push({ first: from, count: to - from });
    if (run.first < from) left.push({ first: run.first, count: from - run.first });
    if (to < endOf(run)) left.push({ first: to, count: endOf(run) - to });
    at += 1;
  }
  runs.splice(start, at - start, ...left);
  return taken;
}

/** Index of the first run that ends behind a page; their number if none does. */
function indexFrom(runs: readonly PageRun[], page: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (endOf(runs[middle] as PageRun) <= page) low = middle + 1;
    else high = middle;
  }
  return low;
}

function endOf({ first, count }: PageRun): number {
  return first + count;
}
