import type { CommandKind } from '../schema/index.js';
import type { Books, Deed, DeedKind, Ledger, Sums, Tally, Worth } from '../state/index.js';

/** Counts a deed, as harmless until more is known of it. */
export function enter(
  { clock }: Ledger,
  books: Books,
  { kind, command }: { kind: DeedKind; command: CommandKind },
): Deed {
  const { sums } = books;
  let sum = sums.get(command);
  if (sum === undefined) {
    sum = noSums();
    sums.set(command, sum);
  }
  const tally = sum[kind];
  tally.harmless += 1;
  books.newest = { at: clock, tally, worth: 'harmless' };
  return books.newest;
}

/** More is known of a deed. What was necessary once stays so. */
export function prove(deed: Deed, worth: Worth): void {
  if (deed.worth === 'necessary' || deed.worth === worth) return;
  if (deed.tally !== null) {
    deed.tally[deed.worth] -= 1;
    deed.tally[worth] += 1;
  }
  deed.worth = worth;
}

/** The deeds of all vCPUs, whichever command asked for them. */
export function sumsOf({ books }: Ledger): Sums {
  const total = noSums();
  for (const book of books) {
    for (const sum of book?.sums.values() ?? []) {
      for (const kind of ['flush', 'sync', 'free'] as const) add(total[kind], sum[kind]);
    }
  }
  return total;
}

function add(total: Tally, { necessary, harmless, wasted }: Tally): void {
  total.necessary += necessary;
  total.harmless += harmless;
  total.wasted += wasted;
}

function noSums(): Sums {
  const none = (): Tally => ({ necessary: 0, harmless: 0, wasted: 0 });
  return { flush: none(), sync: none(), free: none() };
}
