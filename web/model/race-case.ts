import { getCase } from '../api/client.js';
import type { RaceOrder, WireLane, WireRace } from '../api/wire.js';
import { caseOf } from './case-file.js';
import { fragmentOf } from './case-link.js';
import type { LocalCase, PolicyChanges } from './local-case.js';

/** A lane at a moment of a race. */
export interface LaneMoment {
  readonly lane: Pick<WireLane, 'policy' | 'prevRoots' | 'kernel'>;
  readonly seq: number;
}

/**
 * The fragment of a case that shows a lane of a race at a moment, replayed in the page.
 *
 * @param order The order of the race, if it is known: it holds commands that were given.
 * @throws {Error} If nobody has the commands any more, or the case is too long for a link.
 */
export async function fragmentOfLane(
  source: WireRace['source'],
  order: RaceOrder | null,
  { lane: { policy, prevRoots, kernel }, seq }: LaneMoment,
): Promise<string> {
  const from = await caseOfSource(source, order, { policy, prevRoots, kernel });
  return fragmentOf({ from, seq });
}

async function caseOfSource(
  source: WireRace['source'],
  order: RaceOrder | null,
  changes: PolicyChanges,
): Promise<LocalCase> {
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
