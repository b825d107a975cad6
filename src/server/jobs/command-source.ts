import { z } from 'zod';
import type { RaceSource } from '../../lab/index.js';
import { Command, VmConfig } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import { lineageOf } from '../history/lineage.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { Seq, VmId } from '../wire/frames.js';

export const FromCommands = z
  .strictObject({
    kind: z.literal('commands'),
    config: VmConfig.prefault({}),
    commands: z.array(Command).min(1).max(BOUNDS.commandsPerCase.value),
  })
  .meta({ id: 'RaceFrom.commands', description: 'A configuration and commands for it.' });

export const FromVm = z
  .strictObject({
    kind: z.literal('vm'),
    vm: VmId,
    seq: Seq.optional().describe('The commands up to this moment; by default all of them.'),
  })
  .meta({
    id: 'RaceFrom.vm',
    description: 'The commands that a VM has run since its configuration.',
  });

/** Commands that are there already: given, or run by a VM. */
export type CommandSource = z.output<typeof FromCommands> | z.output<typeof FromVm>;

/** Commands, and the machine that they are for. */
export interface SourcedCommands {
  readonly source: RaceSource;
  readonly config: VmConfig;
  readonly commands: readonly Command[];
}

/**
 * @param task What the commands are for, as a refusal names it: `race`.
 * @throws {ApiError} If there is no such VM, or its commands are no longer kept.
 */
export function commandsFrom(fleet: Fleet, from: CommandSource, task: string): SourcedCommands {
  if (from.kind === 'commands') {
    const source = { kind: 'commands', name: 'A list of commands' } as const;
    return { source, config: from.config, commands: from.commands };
  }
  const entry = fleet.get(from.vm);
  const { id, ring, vm } = entry;
  const seq = from.seq ?? ring.head;
  if (seq > ring.head) {
    throw invalidBody(
      '/source/seq',
      `Cannot ${task} up to ${seq}: the newest of VM "${id}" is ${ring.head}`,
    );
  }
  const commands = lineageOf(fleet, entry, seq, `${task} what VM "${id}" did`);
  const source = { kind: 'vm', vm: id, seq } as const;
  return { source, config: vm.initial, commands };
}

/** Refuses a body for one of its fields. */
export function invalidBody(path: string, message: string): ApiError {
  return new ApiError('invalid-request', message, { errors: [{ in: 'body', path, message }] });
}
