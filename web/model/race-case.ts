import { getCase } from '../api/client.js';
import type { RaceOrder, WireLane, WireRace } from '../api/wire.js';
import { caseOf } from './case-file.js';
import type { LocalCase, PolicyChanges } from './local-case.js';

/** A lane at a moment of a race. */
export interface LaneMoment {
  readonly lane: Pick<WireLane, 'policy' | 'prevRoots' | 'kernel'>;
  readonly seq: number;
}

/**
 * The case that shows a lane of a race, replayed in the page.
 *
 * @param order The order of the race, if it is known: it holds commands that were given.
 * @throws {Error} If nobody has the commands any more.
 */
export async function caseOfLane(
  source: WireRace['source'],
  order: RaceOrder | null,
  { policy, prevRoots, kernel }: LaneMoment['lane'],
): Promise<LocalCase> {
  const changes: PolicyChanges = { policy, prevRoots, kernel };
  switch (source.kind) {
    case 'workload': {
      const { name, seed, parameters } = source;
      const mmulab = MMULAB_VERSION;
      return {
        kind: 'generated',
        mmulab,
        workload: name,
        seed,
        values: parameters,
        changes,
      };
    }
    case 'commands': {
      if (order?.source.kind !== 'commands') {
        throw new Error('Cannot open it: the commands were given, and a server does not keep them');
      }
      const { config = {}, commands } = order.source;
      return {
        ...{ kind: 'written', mmulab: MMULAB_VERSION, digest: null },
        ...{ config: { ...config, ...changes }, commands },
      };
    }
    case 'vm': {
      const { config, ...rest } = caseOf(await getCase(source.vm));
      return { ...rest, config: { ...config, ...changes }, digest: null };
    }
  }
}
