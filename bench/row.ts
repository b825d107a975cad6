/** A number with its unit, such as `ns a switch` or `commands/s`. */
export interface Amount {
  readonly value: number;
  readonly unit: string;
}

/** What a row must reach. A ratio is speed relative to the rival: 1 is as fast. */
export interface Goal {
  readonly of: 'ratio' | 'measured';
  readonly at: 'least' | 'most';
  readonly value: number;
}

/** What a benchmark found. */
export interface Finding {
  /** What was done, in one line. */
  readonly work: string;
  /** Null if it cannot be measured here; a note says why. */
  readonly measured: Amount | null;
  /** What it is compared with in the same run. */
  readonly rival: (Amount & { readonly name: string }) | null;
  /** Speed relative to the rival. */
  readonly ratio: number | null;
  readonly goal: Goal | null;
  /** What else is worth knowing, one line each. */
  readonly notes: readonly string[];
}

/** A line of the table. */
export interface Row extends Finding {
  readonly name: string;
  /** Null if there is no goal. Where nothing could be measured, a goal is not met. */
  readonly met: boolean | null;
}

/** A benchmark: it may have several findings, which share the cost of setting up. */
export type Benchmark = () => Promise<readonly Finding[]>;

export function rowOf(name: string, finding: Finding): Row {
  return { name, ...finding, met: isMet(finding) };
}

function isMet({ goal, measured, ratio }: Finding): boolean | null {
  if (goal === null) return null;
  const value = goal.of === 'ratio' ? ratio : (measured?.value ?? null);
  if (value === null) return false;
  return goal.at === 'least' ? value >= goal.value : value <= goal.value;
}
