import type { Command, VmConfig } from '../mmu/schema/index.js';
import { applyAll } from './batch.js';
import type { CaseDigests } from './case-file.js';
import { digestOf, EventsDigest } from './digest.js';
import type { Fleet } from './fleet.js';
import type { FleetVm } from './fleet-vm.js';

/** A new VM that has run the commands of another one, and what came of it. */
export interface Played {
  readonly entry: FleetVm;
  readonly actual: CaseDigests;
}

/**
 * Makes a VM and runs commands on it, which become its history.
 *
 * @throws {ApiError} If a bound is met, or a command cannot be applied; there is no new VM then.
 */
export async function play(
  fleet: Fleet,
  config: VmConfig,
  commands: readonly Command[],
): Promise<Played> {
  const entry = fleet.create(config);
  try {
    const digest = new EventsDigest();
    let index = 0;
    await applyAll(fleet, entry, commands, (applied) => {
      digest.add(commands[index] as Command, applied);
      index += 1;
    });
    return { entry, actual: { state: digestOf(entry.vm), events: digest.end() } };
  } catch (error) {
    if (fleet.find(entry.id) === entry) fleet.delete(entry.id);
    throw error;
  }
}
