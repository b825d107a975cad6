import { createChance, workloadOf } from '../../workloads/index.js';
import type { Guest, Machine } from '../guest.js';
import { chosenFrom } from './choice.js';
import { hostActs } from './host.js';

const WORKLOAD = workloadOf('hostile');

/** The workload of that name, and a host that takes part. */
export const hostile: Guest = {
  sceneryOf: (machine) => ({ config: WORKLOAD.configOf(valuesOf(machine)), stage: [] }),
  *commandsOf(machine, seed) {
    // Seeds of their own: what the host does must not follow from what the guest does.
    const chance = createChance((seed ^ 0x5eed) >>> 0);
    const { vcpus } = machine;
    const host = chosenFrom([hostActs(GPAS)], { seed: (seed ^ 0x405e) >>> 0, vcpus });
    for (const command of WORKLOAD.commandsOf(valuesOf(machine), seed)) {
      yield command;
      if (chance.percent(3)) yield host.next().value;
    }
  },
};

/** Data, and tables of both spaces and of the EPT. */
const GPAS = ['0x120000', '0x100000', '0x103000', '0x113000', '0x130000'];

function valuesOf({ vcpus, paging }: Machine): Record<string, number | boolean> {
  return { vcpus, ept: paging === 'ept', commands: WORKLOAD.parameters.commands.max };
}
