import type { Journal } from '../../journal/log/index.js';
import { dropStates } from './named-states.js';
import type { Others } from './others.js';

export interface Deletion {
  readonly id: string;
  /** Whether it is to go only if no other server has used it meanwhile. */
  readonly isIdle: boolean;
  /** Called when it is gone: where others write as well, in the one order of creations and deletions. */
  readonly kept: () => void;
}

/** Deletes the log of a VM, with what is kept beside it. @returns Whether it is gone. */
export async function deleteLog(
  journal: Journal,
  others: Others | null,
  { id, isIdle, kept }: Deletion,
): Promise<boolean> {
  if (others === null) {
    await Promise.all([journal.delete(id), dropStates(journal, id)]);
    kept();
    return true;
  }
  const isGone = await others.delete(id, isIdle, kept);
  if (isGone) await dropStates(journal, id);
  return isGone;
}
