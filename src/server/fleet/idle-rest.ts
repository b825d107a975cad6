import type { FleetVm } from './fleet-vm.js';
import type { Roster } from './roster.js';
import { isAwake } from './sleeper.js';

/** Milliseconds between two looks for idle VMs, at most. */
const LOOK_MS_MAX = 30_000;

export interface IdleRestOptions {
  readonly roster: Roster;
  readonly idleMs: number;
  /** Puts a VM to sleep, unless somebody uses it. */
  readonly rest: (entry: FleetVm) => Promise<void>;
}

/** Puts VMs to sleep that nobody has used for a while. @returns Ends it. */
export function restIdle({ roster, idleMs, rest }: IdleRestOptions): () => void {
  const look = () => {
    const since = performance.now() - idleMs;
    for (const entry of idleIn(roster)) if (entry.usedAt < since) void rest(entry).catch(() => {});
  };
  const timer = setInterval(look, Math.min(idleMs, LOOK_MS_MAX)).unref();
  return () => clearInterval(timer);
}

/** VMs that nobody uses at this moment, the longest unused first. */
export function idleIn(roster: Roster): FleetVm[] {
  const idle = [...roster.list(0)]
    .filter(isAwake)
    .filter(({ users, held, log }) => users === 0 && held === null && log?.settled === null);
  return idle.sort((a, b) => a.usedAt - b.usedAt);
}
