import { cpuSecondsOf } from '../stress/cpu-seconds.js';
import { residentBytesOf } from '../stress/server-process.js';

/** Milliseconds between two looks at the memory of a process. */
const LOOK_MS = 20;

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
