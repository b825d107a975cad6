import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Measured } from '../page-engine.js';
import type { Finding } from '../row.js';

const WORKER = fileURLToPath(new URL('../page-engine.ts', import.meta.url));

/** Commands of the workload `kpti` that make a million records. */
const COMMANDS = 340_000;

/** Milliseconds: two frames of a screen. */
const TWO_FRAMES_MS = 33;

/** Time of the page's worker for a moment of a run of a million records, and to run it first. */
export async function scrub(): Promise<Finding[]> {
  const args = [...process.execArgv, WORKER, String(COMMANDS)];
  const { records, openMs, far, near }: Measured = JSON.parse(
    execFileSync(process.execPath, args).toString(),
  );
  const rest = { rival: null, ratio: null, notes: [] };
  const of = `a moment of ${records} records in the page's worker`;
  return [
    {
      ...rest,
      work: `${of}, anywhere, 95 of 100`,
      measured: { value: far.p95, unit: 'ms of CPU' },
      goal: { of: 'measured', at: 'most', value: TWO_FRAMES_MS },
      notes: [`mean ${far.mean.toFixed(1)} ms`],
    },
    {
      ...rest,
      work: `${of}, a step back each, 95 of 100`,
      measured: { value: near.p95, unit: 'ms of CPU' },
      goal: { of: 'measured', at: 'most', value: TWO_FRAMES_MS },
      notes: [`mean ${near.mean.toFixed(1)} ms`],
    },
    {
      ...rest,
      work: `run ${COMMANDS} commands with checkpoints in the page's worker`,
      measured: { value: openMs, unit: 'ms of CPU' },
      goal: null,
    },
  ];
}
