import type { Command, VmConfig } from '../../mmu/schema/index.js';
import { applyAll, applyOne } from '../batches/batch.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Labels } from '../wire/labels.js';
import type { CaseDigests } from './case-file.js';
import { digestInTurns, EventsDigest } from './digest.js';

export interface RunnableCase {
  readonly config: VmConfig;
  readonly labels: Labels;
  readonly commands: readonly Command[];
  /** Runs after the others; the model may fail on it. */
  readonly poisonedBy?: Command | undefined;
}

/** A new VM that has run the commands of a case. */
export interface CaseRun {
  readonly entry: FleetVm;
  /** The digests after `commands`, before {@link RunnableCase.poisonedBy}. */
  readonly actual: CaseDigests;
}

/**
 * Makes a VM and runs commands on it, which become its history. Nobody sees the VM before they are
 * done, or if one of them fails.
 *
 * @throws {ApiError} If a bound is met, or a command cannot be applied; there is no new VM then.
 */
export async function runCase(fleet: Fleet, runnable: RunnableCase): Promise<CaseRun> {
  const { config, labels, commands, poisonedBy } = runnable;
  const { entry, prepared } = await fleet.createPrepared({ config, labels }, async (draft) => {
    const digest = new EventsDigest();
    let index = 0;
    await applyAll(fleet, draft, commands, (applied) => {
      digest.add(commands[index] as Command, applied);
      index += 1;
    });
    const state = await digestInTurns(draft.vm, fleet.turns);
    const actual = { state, events: digest.end() };
    if (poisonedBy !== undefined) applyPoison(fleet, draft, poisonedBy);
    return actual;
  });
  return { entry, actual: prepared };
}

/** @throws {ApiError} If the command is refused. A failure of the model is what the case shows. */
function applyPoison(fleet: Fleet, entry: FleetVm, command: Command): void {
  try {
    applyOne(fleet, entry, command);
  } catch (error) {
    if (entry.poison === null) throw error;
  }
}
