import { readdirSync, readFileSync } from 'node:fs';
import { residentBytesOf } from '../stress/server-process.js';

/** Milliseconds between two looks at the memory of a process. */
const LOOK_MS = 20;

/**
 * Seconds of CPU that a process has used, over all its threads; null where there is no /proc.
 *
 * @see Linux Documentation/scheduler/sched-stats.rst, "/proc/<pid>/schedstat"
 */
export function cpuSecondsOf(pid: number): number | null {
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks).reduce((sum, task) => {
      const [runningNs] = readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ');
      return sum + Number(runningNs) / 1e9;
    }, 0);
  } catch {
    return null;
  }
}

/** CPU time and memory that a process used during some work. */
export interface Use {
  readonly cpuSeconds: number;
  /** Most resident memory during it, above that before it. */
  readonly riseBytes: number;
}

/** Runs some work and says what a process used meanwhile; null where there is no /proc. */
export async function useOf(pid: number, work: () => Promise<unknown>): Promise<Use | null> {
  const [cpuBefore, bytesBefore] = [cpuSecondsOf(pid), residentBytesOf(pid)];
  let most = bytesBefore ?? 0;
  const look = () => {
    most = Math.max(most, residentBytesOf(pid) ?? 0);
  };
  const timer = setInterval(look, LOOK_MS);
  await work();
  clearInterval(timer);
  look();
  const cpuAfter = cpuSecondsOf(pid);
  if (cpuBefore === null || cpuAfter === null || bytesBefore === null) return null;
  return { cpuSeconds: cpuAfter - cpuBefore, riseBytes: most - bytesBefore };
}
