import { describe, expect, test } from 'vitest';
import {
  createRace,
  type LaneSpec,
  lanesOf,
  resultOf,
  runCommand,
  type WorkloadName,
  workloadOf,
} from '../../src/lab/index.js';
import { isInvalid, type ShadowPage, type Vm } from '../../src/mmu/index.js';
import { Command } from '../../src/mmu/schema/index.js';
import { prevRootsOf } from '../../src/mmu/state/index.js';

const COMMANDS = 400;

/** One that no lane can apply, every so many commands: what is refused counts in no mean. */
const REFUSED = Command.parse({ kind: 'vmexit', vcpu: 0 });
const REFUSED_EVERY = 7;

/** The pages that slots other than the current one hold, of all vCPUs and MMUs. */
function pinnedBy({ vcpus }: Vm): ShadowPage[] {
  const held = vcpus.flatMap(({ rootMmu, guestMmu }) =>
    [rootMmu, guestMmu].flatMap((mmu) => prevRootsOf(mmu).map((root) => root?.page ?? null)),
  );
  return [...new Set(held.filter((page) => page !== null))];
}

const most = (numbers: readonly number[]) => Math.max(0, ...numbers);
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

describe.each<WorkloadName>(['pcid-churn', 'nested-invept', 'fork-exit'])('over %s', (name) => {
  const policies = ['mainline', 'need-sync', 'never-cache'] as const;
  const lanes: LaneSpec[] = lanesOf({ policies, prevRoots: [1, 3], kernels: ['6.1'] });
  const workload = workloadOf(name);

  test('what is pinned is what the slots hold after each command, at most and on average', () => {
    const race = createRace({ config: workload.configOf(), lanes });
    const seen = race.lanes.map(() => ({ pinned: [] as number[], zapped: [] as number[] }));
    let nth = 0;
    for (const command of workload.commandsOf({ commands: COMMANDS }, 3)) {
      nth += 1;
      const isL1 = race.lanes.every(({ run: { vm } }) => vm.vcpus[0]?.nested.guestMode === false);
      if (nth % REFUSED_EVERY === 0 && isL1) runCommand(race, REFUSED);
      runCommand(race, command);
      for (const [index, { run }] of race.lanes.entries()) {
        const pages = pinnedBy(run.vm);
        seen[index]?.pinned.push(pages.length);
        seen[index]?.zapped.push(pages.filter(({ role }) => isInvalid(role)).length);
      }
    }
    const source = { kind: 'commands', name } as const;
    const { lanes: ran } = resultOf(race, { source, version: 'test' });
    for (const [index, { pinned, zapped }] of seen.entries()) {
      const { counters } = ran[index] as (typeof ran)[number];
      expect(counters.commands).toBe(pinned.length);
      expect(counters.refused).toBeGreaterThan(0);
      expect(counters.pinned).toEqual({
        peak: most(pinned),
        mean: sum(pinned) / pinned.length,
        zappedPeak: most(zapped),
      });
    }
  });
});
