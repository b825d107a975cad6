import {
  ACC_ALL,
  ACC_USER_EXEC,
  type EptLimits,
  eptEntry,
  gfnToGpa,
  type Word,
  walkLevelsOf,
} from '../machine/index.js';
import type { Span } from './past.js';
import { first, type Replaced, TooManyWalks, VISITS_MAX } from './past-walks.js';

/** A way in which an EPT may have led, with entries that were in memory at some moment. */
export interface EptWay {
  readonly gfn: number;
  /** `ACC_*` bits; readable is `ACC_USER`. */
  readonly acc: number;
  /** The first of its entries that was replaced; null while all of them are in memory. */
  readonly replaced: Replaced | null;
}

/**
 * Every way in which an EPT may have translated a guest-physical page, newest first.
 *
 * @param since Time up to which entries that were replaced are of no account.
 * @throws {TooManyWalks} If there are too many entries to look at.
 */
export function pastEptWays(
  { spansAt, eptp, limits }: { spansAt: (gpa: number) => Span[]; eptp: Word; limits: EptLimits },
  gpaPage: number,
  since: number,
): EptWay[] {
  const ways: EptWay[] = [];
  let visits = 0;
  const levels = walkLevelsOf(eptp);
  if (gpaPage >= 512 ** levels) return ways;

  const follow = (level: number, table: number, acc: number, replaced: Replaced | null): void => {
    const gpa = gfnToGpa(table) + (Math.floor(gpaPage / 512 ** (level - 1)) % 512) * 8;
    for (const { value, end } of spansAt(gpa)) {
      visits += 1;
      if (visits > VISITS_MAX) throw new TooManyWalks();
      if (end !== null && end.time <= since) break;
      const entry = eptEntry(value, level, limits);
      if (entry === null) continue;
      const narrowed = first(replaced, end === null ? null : { moment: end, gpa });
      if (!entry.isLeaf) {
        follow(level - 1, entry.gfn, acc & entry.acc, narrowed);
        continue;
      }
      const span = 512 ** (level - 1);
      const gfn = Math.floor(entry.gfn / span) * span + (gpaPage % span);
      ways.push({ gfn, acc: acc & entry.acc, replaced: narrowed });
    }
  };
  follow(levels, eptp.page % 2 ** 40, ACC_ALL | ACC_USER_EXEC, null);
  return ways;
}
