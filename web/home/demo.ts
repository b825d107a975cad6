import { createVm, makeWorkload, runCommands } from '../api/client.js';
import type { WireCommand } from '../api/wire.js';

/** A workload under a policy that is wrong for it: an L1 that relies on INVEPT. */
const DEMO = { workload: 'nested-invept', policy: 'cached-roots-posted', commands: 1200 } as const;

/** Commands of one request. */
const BATCH = 400;

/** Creates a VM and runs a workload on it in which a violation occurs. @returns Its id. */
export async function runDemo(): Promise<string> {
  const { config, commands } = await makeWorkload(DEMO);
  const { id } = await createVm({ ...config, name: 'demo', tags: { made: 'demo' } });
  // The page shows what happens meanwhile.
  void feed(id, commands);
  return id;
}

async function feed(vm: string, commands: readonly WireCommand[]): Promise<void> {
  for (let from = 0; from < commands.length; from += BATCH) {
    await runCommands(vm, commands.slice(from, from + BATCH));
  }
}
