import type { Fleet } from './fleet.js';
import type { FleetLog } from './fleet-options.js';
import type { LivedClock } from './lived-clock.js';
import { isAwake } from './sleeper.js';

/** Milliseconds between two looks for old VMs, at most. */
const LOOK_MS_MAX = 30_000;

/** VMs that are deleted in one look, so that other requests have their turn. */
const DELETED_MAX = 500;

/**
 * Deletes VMs that have slept for longer than `vmKeptSeconds`. Their age is that of their newest record
 * on disk, or of their falling asleep in this process: a VM that somebody uses is awake.
 *
 * @param clock Null where nothing is kept, so that no VM sleeps.
 * @returns Ends it.
 */
export function deleteOld(fleet: Fleet, log: FleetLog, clock: LivedClock | null): () => void {
  const { vmKeptSeconds: seconds } = fleet.limits;
  if (seconds === null || clock === null) return () => {};
  const look = () => {
    clock.keep();
    const before = clock.now() - seconds * 1000;
    let deleted = 0;
    for (const member of fleet.list(0)) {
      if (isAwake(member) || member.since >= before || member.waking !== null) continue;
      fleet.delete(member.id, true);
      deleted += 1;
      if (deleted === DELETED_MAX) break;
    }
    if (deleted > 0) log.info({ vms: deleted, vmKeptSeconds: seconds }, 'Old VMs deleted');
  };
  const timer = setInterval(look, Math.min(seconds * 1000, LOOK_MS_MAX)).unref();
  return () => clearInterval(timer);
}
