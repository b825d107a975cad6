import type { Followed } from './follower.js';
import type { Soaked } from './soak.js';

const COLUMNS = ['readers', 'streams', 'frames', 'gaps', 'ended', 'cut'] as const;

/** What the readers saw, by form and manner, as lines for people. */
export function* tableOf({ followed, changes, overloaded, vanished }: Soaked): Generator<string> {
  yield `${''.padEnd(18)}${COLUMNS.map((name) => name.padStart(10)).join('')}`;
  const groups = new Map<string, Followed[]>();
  for (const one of followed) {
    const name = `${one.form}, ${one.manner}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  for (const [name, of] of groups) {
    const cells = COLUMNS.map((column) =>
      String(column === 'readers' ? of.length : sumOf(of, column)).padStart(10),
    );
    yield `${name.padEnd(18)}${cells.join('')}`;
  }
  yield `${changes} changes, of which ${overloaded} were put off`;
  yield `${vanished} clients vanished in the middle of something`;
}

function sumOf(of: readonly Followed[], column: Exclude<(typeof COLUMNS)[number], 'readers'>) {
  return of.reduce((sum, one) => sum + one[column], 0);
}
