import { HistoryBudget } from '../../journal/index.js';
import { step } from '../../mmu/index.js';
import { createRing } from '../fleet/anchor-history.js';
import type { Cradle } from '../fleet/keeper.js';
import { Turns } from '../fleet/turns.js';

/** Records that are kept: enough that a state is not kept for every few of them. */
const RECORDS = 65_536;

/** Makes the parts of a VM that belongs to no fleet and is looked at once. */
export function cradleAlone(): Cradle {
  const ring = () => createRing(new HistoryBudget(RECORDS), RECORDS);
  return { turns: new Turns(), step, ring };
}
