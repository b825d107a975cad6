import type { AddressInfo } from 'node:net';
import type { DefectName } from '../mmu/index.js';
import { buildApp } from '../server/index.js';
import type { ChildGroup, Ended } from './child-group.js';
import { type Found, WatchedModel } from './watched-model.js';

/** A run of the user's tests on a server of its own. */
export interface MutantRun extends Ended {
  /** Commands that the server's VMs carried out. */
  readonly commands: number;
  /** Findings of the server's own judges, in the order in which they came. */
  readonly found: readonly Found[];
}

export interface Tests {
  readonly group: ChildGroup;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number | null;
}

/** A refusal because of load would look like a mistake that was noticed. */
const NEVER_OVERLOADED = { eventLoopDelayMs: 0 };

/**
 * Runs tests against a server on loopback, which ends with them.
 *
 * @param defect The mistake that its VMs make; null for none.
 * @throws {NodeJS.ErrnoException} If the command cannot be started.
 */
export async function runTests(
  { group, command, env, timeoutMs }: Tests,
  defect: DefectName | null,
): Promise<MutantRun> {
  const model = new WatchedModel();
  const app = await buildApp({ defect, model, limits: NEVER_OVERLOADED });
  try {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const ended = await group.run(command, { env: { ...env, MMULAB_URL: url }, timeoutMs });
    return { ...ended, commands: model.commands, found: [...model.found] };
  } finally {
    await app.close();
  }
}

/** Whether tests passed: whatever else they do tells of the mistake. */
export function hasPassed({ status, isTimedOut }: Ended): boolean {
  return status === 0 && !isTimedOut;
}

/** The end of a run in a few words: `failed (status 1)`. */
export function endText(run: Ended): string {
  if (hasPassed(run)) return 'passed';
  if (run.isTimedOut) return 'timed out';
  return run.signal === null ? `failed (status ${run.status})` : `failed (${run.signal})`;
}
