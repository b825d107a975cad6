/** A number with its unit, such as `ns a switch` or `commands/s`. */
export interface Amount {
  readonly value: number;
  readonly unit: string;
}

/** Goal of a row. A ratio is the speed relative to the rival; 1 is equally fast. */
export interface Goal {
  readonly of: 'ratio' | 'measured';
  readonly at: 'least' | 'most';
  readonly value: number;
}

/** Finding of a benchmark. */
export interface Finding {
  /** The measured work, in one line. */
  readonly work: string;
  /** Null if it cannot be measured on this machine; a note says why. */
  readonly measured: Amount | null;
  /** The rival in the same run. */
  readonly rival: (Amount & { readonly name: string }) | null;
  /** Speed relative to the rival. */
  readonly ratio: number | null;
  readonly goal: Goal | null;
  /** Further remarks, one line each. */
  readonly notes: readonly string[];
}

/** A line of the table. */
export interface Row extends Finding {
  readonly name: string;
  /** Whether the goal is met, which needs a measurement; null without a goal. */
  readonly met: boolean | null;
}

/** A benchmark. Several findings may share its preparation. */
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
