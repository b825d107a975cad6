import { readdirSync, readFileSync } from 'node:fs';

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

/**
 * CPU time of the thread of a process that runs its loop: without those of the collector, and of its
 * workers. Null where the system does not tell.
 */
export function loopSecondsOf(pid: number): number | null {
  try {
    const told = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8');
    return Number(told.split(' ')[0]) / 1e9;
  } catch {
    return null;
  }
}
