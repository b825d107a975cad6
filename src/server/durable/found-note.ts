import type { Journal } from '../../journal/log/index.js';
import type { FleetLog } from '../fleet/fleet-options.js';
import { ApiError } from '../wire/errors.js';
import { cradleAlone } from './alone.js';
import { noteOf } from './note.js';
import { wakeVm } from './wake.js';

/**
 * Makes the note of a VM again whose own was damaged; null if nothing of the VM is left.
 *
 * @param of The VM, and the time by the clock of the journal.
 */
export async function foundNote(
  journal: Journal,
  log: FleetLog,
  { id, lived }: { readonly id: string; readonly lived: number },
): Promise<Uint8Array | null> {
  const cradle = cradleAlone();
  try {
    const { entry } = await wakeVm({ journal, log, cradle, sleeper: { id, revision: 0 } });
    return noteOf(entry, lived);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    log.error({ vm: id, err: error }, 'Log of the journal damaged: nothing of the VM is left');
    return null;
  }
}
