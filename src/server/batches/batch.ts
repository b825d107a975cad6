import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Applied } from '../../journal/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import { type FleetVm, vcpuOf } from '../fleet/fleet-vm.js';
import { ApiError, type ProblemDetails } from '../wire/errors.js';
import { COMMANDS_TRIED_MAX } from '../wire/limits.js';
import { rehearse } from './rehearse.js';

/** Commands that are applied before others get their turn and streams are drained. */
export const SLICE_COMMANDS = 256;

/**
 * Applies commands in order. It is not atomic: the first one that cannot be applied stops the
 * batch, and what came before it stays. Every so often others get their turn, and may apply
 * commands of their own in between.
 *
 * @param take Takes what was applied. It is not gathered here: the events of a long batch would
 *   outlive their usefulness, and the collector would move them about.
 * @throws {ApiError} If a command cannot be applied.
 */
export async function applyAll(
  fleet: Fleet,
  entry: FleetVm,
  commands: readonly Command[],
  take: (applied: Applied) => void,
): Promise<void> {
  demandVcpus(entry, commands);
  for (const [index, command] of commands.entries()) {
    if (index % SLICE_COMMANDS === 0 && index > 0) {
      entry.ring.notify();
      await nextTurn();
    }
    try {
      fleet.demand(entry);
      take(fleet.run(entry, command));
    } catch (error) {
      entry.ring.notify();
      throw stopped(entry, error, index, index);
    }
  }
  entry.ring.notify();
}

/**
 * Applies all commands or none: they are tried on a copy first. Nobody gets a turn in between.
 *
 * @throws {ApiError} If one of them cannot be applied, or if they are too many to try.
 */
export function applyAtomically(
  fleet: Fleet,
  entry: FleetVm,
  commands: readonly Command[],
): Applied[] {
  tryAll(fleet, entry, commands);
  const all = commands.map((command) => fleet.run(entry, command));
  entry.ring.notify();
  return all;
}

/**
 * What commands would do. The VM stays as it is.
 *
 * @throws {ApiError} If one of them cannot be applied, or if they are too many to try.
 */
export function tryAll(fleet: Fleet, entry: FleetVm, commands: readonly Command[]): Applied[] {
  if (commands.length > COMMANDS_TRIED_MAX) {
    throw new ApiError(
      'batch-too-long',
      `Cannot try commands: an atomic batch or a dry run is bounded to ${COMMANDS_TRIED_MAX}`,
    );
  }
  demandVcpus(entry, commands);
  return rehearse(fleet, entry, (copy) =>
    commands.map((command, index) => {
      try {
        return runOn(fleet, copy, command);
      } catch (error) {
        throw stopped(entry, error, index, 0);
      }
    }),
  );
}

/** What one command would do. The VM stays as it is. @throws {ApiError} If it cannot be applied. */
export function tryOne(fleet: Fleet, entry: FleetVm, command: Command): Applied {
  vcpuOf(entry, command.vcpu, `run "${command.kind}"`);
  return rehearse(fleet, entry, (copy) => runOn(fleet, copy, command));
}

/** The model may fail on a copy: its VM is not harmed by that, and does not get to run it. */
function runOn(fleet: Fleet, copy: FleetVm, command: Command): Applied {
  const { poison } = copy;
  try {
    return fleet.run(copy, command);
  } catch (error) {
    if (copy.poison === poison) throw error;
    throw new ApiError('vm-poisoned', `Cannot try "${command.kind}": the model fails on it`);
  }
}

function demandVcpus(entry: FleetVm, commands: readonly Command[]): void {
  for (const [index, { kind, vcpu }] of commands.entries()) {
    if (entry.vm.vcpus[vcpu] !== undefined) continue;
    const error = new ApiError('vcpu-not-found', `Cannot run "${kind}": no vCPU ${vcpu}`);
    throw stopped(entry, error, index, 0);
  }
}

/** The error, with how far the batch came. */
function stopped({ ring }: FleetVm, error: unknown, index: number, applied: number): unknown {
  if (!(error instanceof ApiError)) return error;
  const details: ProblemDetails = { applied, index, seq: ring.head };
  return new ApiError(
    error.code,
    `${error.message} (command ${index} of the batch; ${applied} applied)`,
    details,
  );
}
