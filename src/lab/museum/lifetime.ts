import type { Lifetime } from '../../mmu/scenes/index.js';

/**
 * Whether a release has a mistake, by what is known of the releases that had it.
 *
 * @param release As `uname -r` begins: `6.1.176`.
 */
export function isInLifetime({ first, last, lastOf }: Lifetime, release: string): boolean {
  if (compare(release, first) < 0) return false;
  const lastHere = lastOf?.[seriesOf(release)] ?? last;
  if (lastHere === null) return true;
  return compare(release, lastHere) <= 0 || seriesOf(release) === lastHere;
}

/** The releases in one line: `5.16 to 7.2, 6.1.187, 6.12.109; seen on 6.1.176`. */
export function lifetimeText({ first, last, lastOf = {}, seenOn = [] }: Lifetime): string {
  const ends = [last ?? 'today', ...Object.values(lastOf)].join(', ');
  const seen = seenOn.length === 0 ? '' : `; seen on ${seenOn.join(', ')}`;
  return `${first === last ? ends : `${first} to ${ends}`}${seen}`;
}

function seriesOf(release: string): string {
  return release.split('.').slice(0, 2).join('.');
}

/** Negative, zero or positive, as a comparison of numbers part by part; a part left out is 0. */
function compare(a: string, b: string): number {
  const [of, to] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < 3; i += 1) {
    const difference = (of[i] ?? 0) - (to[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
