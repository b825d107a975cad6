import { expect, test } from 'vitest';
import { startedVm } from '../../src/lab/campaign/attempt.js';
import { guestOf } from '../../src/lab/campaign/guests/index.js';
import { GUEST_NAMES } from '../../src/lab/campaign/index.js';
import { WORKLOAD_NAMES, workloadOf } from '../../src/lab/index.js';
import { createVm, oracleStateOf, step, type Vm } from '../../src/mmu/index.js';
import { type Command, VmConfig } from '../../src/mmu/schema/index.js';

const DEFECTS = [
  ...(['sync-keeps-absent', 'invlpg-keeps-leaf', 'tlb-tag-without-pcid'] as const),
  ...(['guest-flush-skips-hardware', 'pcid-flush-skips-flush', 'load-skips-flush'] as const),
] as const;

/** The findings of the oracle, where commands are carried out whatever it says of them. */
function findingsOf(vm: Vm, commands: Iterable<Command>, count: number) {
  let nth = 0;
  for (const command of commands) {
    nth += 1;
    if (nth > count) break;
    try {
      step(vm, command, null);
    } catch {
      // A command that the vCPU cannot take is no use of anything.
    }
  }
  return oracleStateOf(vm);
}

/**
 * What is forgotten is not judged, so that an oracle which forgets too much finds nothing. The
 * number is exact: one more is a loss.
 */
test.each(WORKLOAD_NAMES)('the oracle leaves nothing of the workload %s unjudged', (name) => {
  const workload = workloadOf(name);
  const values = Object.fromEntries(
    Object.entries(workload.parameters).map(([key, { default: value }]) => [key, value]),
  );
  for (const policy of ['mainline', 'need-sync-posted', 'cached-roots-posted'] as const) {
    const config = VmConfig.parse({ ...workload.configOf(values), policy });
    const found = findingsOf(createVm(config), workload.commandsOf(values, 1), 2000);
    expect([policy, found?.undecided]).toEqual([policy, 0]);
  }
});

/** Registers are set by a VMM, formats change, entries are edited often, and the VM errs a lot. */
test.each(GUEST_NAMES)('and nothing of the guest %s, where much is wrong', (name) => {
  const on = { policy: 'mainline', kernel: '6.1', paging: 'shadow', vcpus: 2 } as const;
  const { config, stage } = guestOf(name).sceneryOf(on);
  const vm = startedVm({ config: { ...config, ...on, defects: [...DEFECTS] }, stage });
  const found = findingsOf(vm, guestOf(name).commandsOf(on, 7), 4000);
  expect(found?.undecided).toBe(0);
  expect(found?.violations).toBeGreaterThan(0);
});
