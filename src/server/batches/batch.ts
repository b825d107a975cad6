import type { Applied } from '../../journal/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import { type FleetVm, vcpuOf } from '../fleet/fleet-vm.js';
import { holdAlone } from '../fleet/hold-alone.js';
import { forEachInTurns } from '../fleet/turns.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError, type ProblemDetails } from '../wire/errors.js';
import { tryOnCopy } from './try-on-copy.js';

/**
 * Applies one command and tells the streams.
 *
 * @throws {ApiError} If the command cannot be applied.
 */
export function applyOne(fleet: Fleet, entry: FleetVm, command: Command): Applied {
  vcpuOf(entry, command.vcpu, `run "${command.kind}"`);
  const applied = fleet.run(entry, command);
  entry.ring.notify();
  return applied;
}

/**
 * Applies commands in order, and not atomically: the first one that cannot be applied stops the
 * batch, and the ones before it stay applied. Between slices others get their turn, and may apply
 * commands to the same VM.
 *
 * @param take Takes each result as it comes. Gathering the events of a long batch here would keep
 *   them alive for the garbage collector to move about.
 * @throws {ApiError} If a command cannot be applied.
 */
export async function applyAll(
  fleet: Fleet,
  entry: FleetVm,
  commands: readonly Command[],
  take: (applied: Applied) => void,
): Promise<void> {
  demandVcpus(entry, commands);
  const work = fleet.turns.work();
  // The VM can be deleted while others are served, and not before.
  let mayBeGone = true;
  for (const [index, command] of commands.entries()) {
    if (work.isOver()) {
      entry.ring.notify();
      await work.next();
      while (entry.held !== null) await entry.held;
      mayBeGone = true;
    }
    try {
      if (mayBeGone) fleet.demand(entry);
      mayBeGone = false;
      take(fleet.run(entry, command));
    } catch (error) {
      entry.ring.notify();
      throw stopped(entry, error, index, index);
    }
  }
  entry.ring.notify();
}

/**
 * Applies all commands or none, by trying them on a copy first. No other request about the VM comes in
 * between, though others are served.
 *
 * @throws {ApiError} If one of them cannot be applied, or if there are too many to try.
 */
export async function applyAtomically(
  fleet: Fleet,
  entry: FleetVm,
  commands: readonly Command[],
): Promise<Applied[]> {
  return await holdAlone(entry, async () => {
    await tryAll(fleet, entry, commands);
    const all: Applied[] = [];
    await forEachInTurns(fleet.turns, commands, (command) => {
      fleet.demand(entry);
      all.push(fleet.runTried(entry, command));
    });
    entry.ring.notify();
    return all;
  });
}

/**
 * Results that commands would have. The VM stays as it is.
 *
 * @throws {ApiError} If one of them cannot be applied, or if there are too many to try.
 */
export async function tryAll(
  fleet: Fleet,
  entry: FleetVm,
  commands: readonly Command[],
): Promise<Applied[]> {
  if (commands.length > BOUNDS.commandsTried.value) {
    throw new ApiError(
      'batch-too-long',
      `Cannot try commands: an atomic batch or a dry run is bounded to ${BOUNDS.commandsTried.value}`,
    );
  }
  demandVcpus(entry, commands);
  return await tryOnCopy(fleet, entry, async (copy) => {
    const all: Applied[] = [];
    await forEachInTurns(fleet.turns, commands, (command) => {
      try {
        all.push(runOn(fleet, copy, command));
      } catch (error) {
        throw stopped(entry, error, all.length, 0);
      }
    });
    return all;
  });
}

/**
 * Result that one command would have. The VM stays as it is.
 *
 * @throws {ApiError} If the command cannot be applied.
 */
export async function tryOne(fleet: Fleet, entry: FleetVm, command: Command): Promise<Applied> {
  vcpuOf(entry, command.vcpu, `run "${command.kind}"`);
  return await tryOnCopy(fleet, entry, (copy) => runOn(fleet, copy, command));
}

/** Runs a command on a copy. If the model fails there, the VM itself is not poisoned. */
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

/** The error, with the position at which the batch stopped. */
function stopped({ ring }: FleetVm, error: unknown, index: number, applied: number): unknown {
  if (!(error instanceof ApiError)) return error;
  const details: ProblemDetails = { applied, index, seq: ring.head };
  return new ApiError(
    error.code,
    `${error.message} (command ${index} of the batch; ${applied} applied)`,
    details,
  );
}
