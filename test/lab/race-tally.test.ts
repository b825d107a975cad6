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
import { createVm, isInvalid, type ShadowPage, step, type Vm } from '../../src/mmu/index.js';
import { Command, VmConfig } from '../../src/mmu/schema/index.js';
import { prevRootsOf } from '../../src/mmu/state/index.js';
import { raceOver } from './races.js';

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

/** VM entries that fail have it set in the reason of their exit: L2 never ran. */
const VMX_EXIT_REASONS_FAILED_VMENTRY = 2 ** 31;

test.each<WorkloadName>(['nested-invept', 'nested-shadow', 'kpti', 'pcid-churn'])(
  'over %s, exits and syncs are what the outcomes and events of a machine alone tell',
  (name) => {
    const commands = 1200;
    const workload = workloadOf(name);
    const vm = createVm(VmConfig.parse(workload.configOf()));
    const alone = { reflected: 0, failed: 0, walks: 0, movCr3: 0 };
    for (const command of workload.commandsOf({ commands }, 7)) {
      const outcome = step(vm, command, (_, event) => {
        if (event.kind === 'root-synced' && event.pages > 0) alone.walks += 1;
        return 0;
      });
      if (command.kind === 'mov-cr3') alone.movCr3 += 1;
      if (outcome.kind !== 'vm-exit') continue;
      alone[outcome.reason < VMX_EXIT_REASONS_FAILED_VMENTRY ? 'reflected' : 'failed'] += 1;
    }
    const { lanes } = raceOver(name, commands, ['mainline']).result;
    const { reflected, syncs, cr3Exits, cr3Loads } = (lanes[0] as (typeof lanes)[number]).counters;
    const { hit, miss, other } = cr3Exits;
    expect({ reflected, walks: syncs.walks, movCr3: hit + miss + other + cr3Loads }).toEqual({
      ...{ reflected: alone.reflected, walks: alone.walks, movCr3: alone.movCr3 },
    });
    // Both kinds are among them, so that neither is taken for the other.
    if (name === 'nested-invept')
      expect([alone.failed > 0, alone.reflected > 0]).toEqual([true, true]);
  },
);
