import type { Command, VmConfig } from '../../mmu/schema/index.js';
import { applyAll } from '../batches/batch.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Labels } from '../wire/labels.js';
import type { CaseDigests } from './case-file.js';
import { digestOf, EventsDigest } from './digest.js';

export interface Play {
  readonly config: VmConfig;
  readonly labels: Labels;
  readonly commands: readonly Command[];
  /** Runs behind the others, and may be one that the model fails on. */
  readonly poisonedBy?: Command | undefined;
}

/** A new VM that has run the commands of another one, and what came of it. */
export interface Played {
  readonly entry: FleetVm;
  /** What came of the commands, before the last one if that is {@link Play.poisonedBy}. */
  readonly actual: CaseDigests;
}

/**
 * Makes a VM and runs commands on it, which become its history. It is not seen before.
 *
 * @throws {ApiError} If a bound is met, or a command cannot be applied; there is no new VM then.
 */
export async function play(fleet: Fleet, { poisonedBy, ...what }: Play): Promise<Played> {
  const { config, labels, commands } = what;
  const entry = fleet.draft(config, labels);
  try {
    const digest = new EventsDigest();
    let index = 0;
    await applyAll(fleet, entry, commands, (applied) => {
      digest.add(commands[index] as Command, applied);
      index += 1;
    });
    const actual = { state: digestOf(entry.vm), events: digest.end() };
    if (poisonedBy !== undefined) applyPoison(fleet, entry, poisonedBy);
    return { entry: fleet.publish(entry), actual };
  } catch (error) {
    fleet.discard(entry);
    throw error;
  }
}

/** @throws {ApiError} If the command is refused; if the model fails on it, that was to be seen. */
function applyPoison(fleet: Fleet, entry: FleetVm, command: Command): void {
  try {
    fleet.apply(entry, command);
  } catch (error) {
    if (entry.poison === null) throw error;
  }
}
