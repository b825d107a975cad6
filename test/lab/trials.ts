import { expect } from 'vitest';
import { HANGS } from '../../src/lab/campaign/attempt.js';
import {
  type Counterexample,
  type GuestName,
  ROUND,
  runTrial,
  type Trial,
  trialsOf,
} from '../../src/lab/campaign/index.js';
import { KeepingWatch } from '../../src/lab/keeping/index.js';
import {
  createMendedVm,
  DEFECTS,
  type DefectName,
  flawsOf,
  type KernelVersion,
  step,
} from '../../src/mmu/index.js';
import { Command, VmConfig } from '../../src/mmu/schema/index.js';

const SEED = 20261128;

/** The first trials of a campaign. */
export function first(count: number): Trial[] {
  const trials = trialsOf(SEED);
  return Array.from({ length: count }, () => trials.next().value);
}

/**
 * Trials of a guest, one for so many of its machines, find nothing wrong with a sound policy, and
 * leave no use unjudged. A guest that is refused much of what it does would find nothing either: it
 * is refused less than one command in ten.
 */
export function expectNothing(
  guest: GuestName,
  { steps, oneOf }: { steps: number; oneOf: number },
) {
  const trials = first(ROUND).filter((trial) => trial.guest === guest);
  for (const trial of trials.filter((_, nth) => nth % oneOf === 0)) {
    const played = runTrial(trial, steps);
    expect({ trial, counterexample: played.counterexample }).toEqual({
      trial,
      counterexample: null,
    });
    expect(played.steps).toBe(steps);
    expect(played.undecided).toBe(0);
    expect(played.refused).toBeLessThan(steps / 10);
  }
}

/**
 * A guest finds a defect, in some trial of three rounds, and shows it in a few commands.
 *
 * @param kernel One that can have the defect.
 */
export function expectFound(
  defect: DefectName,
  guest: GuestName,
  kernel: KernelVersion = '6.1',
): void {
  for (const { paging, vcpus, seed } of first(3 * ROUND)) {
    const trial = { guest, paging, vcpus, seed, kernel, policy: 'mainline' } as const;
    const { counterexample } = runTrial(trial, 500, [defect]);
    if (counterexample === null) continue;
    expect(counterexample.config.defects).toEqual([defect]);
    expect(counterexample.shown.length).toBeLessThan(12);
    expect(verdictsOn(counterexample)).toEqual([counterexample.says]);
    return;
  }
  throw new Error(`${defect} was not found`);
}

/** The machine on which a guest finds a defect, as far as it matters. */
export interface Finder {
  readonly guest: GuestName;
  readonly paging?: Trial['paging'];
  readonly policy?: Trial['policy'];
  readonly kernel?: KernelVersion;
}

/** Trials in which a defect is looked for: a hundredth of what a campaign does. */
const SEARCHED = 400;

/**
 * A campaign sees a defect. One that is the rule of another kernel it takes for a bug that the kernel
 * had, and says so: it is seen if the same trial without it meets none.
 */
export function expectSeen(defect: DefectName, { guest, ...machine }: Finder): void {
  const isRule = DEFECTS[defect].rules !== undefined;
  const all = first(2 * ROUND).filter(({ paging }) => paging === (machine.paging ?? paging));
  for (let nth = 0; nth < SEARCHED; nth += 1) {
    const { paging, seed } = all[nth] as Trial;
    const trial = { policy: 'mainline', kernel: '6.1', ...machine, guest, paging, seed } as const;
    const on = { ...trial, vcpus: 1 + (nth % 2) };
    const { counterexample, known } = runTrial(on, 500, [defect]);
    if (counterexample !== null) {
      expect(verdictsOn(counterexample)).toEqual([counterexample.says]);
      return;
    }
    if (isRule && known !== null && runTrial(on, 500).known === null) return;
  }
  throw new Error(`${defect} was not seen`);
}

/** What is said of the commands of a counterexample when they are carried out as they were printed. */
function verdictsOn({ config, commands }: Counterexample): string[] {
  const vm = createMendedVm(VmConfig.parse(config));
  const said: string[] = [];
  for (const command of commands.map((input) => Command.parse(input))) {
    const keeping = new KeepingWatch(vm, command);
    try {
      const outcome = step(vm, command, (vcpu, event) => {
        if (event.kind === 'violation') said.push(event.message);
        keeping.see(vcpu, event);
        return 0;
      });
      if (outcome.kind === 'error' && outcome.errno === 'EINTR') said.push(HANGS);
    } catch (error) {
      return [...said, (error as Error).message];
    }
    const lost = keeping.verdict();
    if (lost !== null) said.push(lost);
  }
  return said.length > 0 ? said : flawsOf(vm).slice(0, 1);
}
