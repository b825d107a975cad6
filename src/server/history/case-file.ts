import { z } from 'zod';
import { creationOf, freezeVm, thawVm, type Vcpu } from '../../mmu/index.js';
import { Command, type MmuEvent, VmConfig } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { finishInTurns } from '../fleet/turns.js';
import { BOUNDS } from '../wire/bounds.js';
import { VERSION } from '../wire/version.js';
import { Digest, digestInTurns, digestSteps, EventsDigest } from './digest.js';
import { lineageOf } from './lineage.js';

export const CaseDigests = z
  .strictObject({
    state: Digest.describe('Digest of the state at the end.'),
    events: Digest.describe('Digest of all commands with their outcomes and events.'),
  })
  .meta({
    id: 'CaseDigests',
    description: 'Result of a case: digests of its state and of its events.',
  });
export type CaseDigests = z.output<typeof CaseDigests>;

/** Everything that is needed to repeat what a VM did. */
export const CaseFile = z
  .strictObject({
    format: z.literal('mmulab-case'),
    formatVersion: z.literal(1),
    mmulab: z.string().min(1).max(64).describe('Version of the server that wrote it.'),
    config: VmConfig,
    commands: z.array(Command).max(BOUNDS.commandsPerCase.value),
    expected: CaseDigests,
    poisonedBy: Command.optional().describe(
      'The command on which the model failed, after the others; `expected` is the result before it.',
    ),
  })
  .meta({ id: 'CaseFile', description: 'A configuration, commands, and their result.' });
export type CaseFile = z.output<typeof CaseFile>;

/**
 * The case that leads to the present state of a VM. It is run once before it is handed out, so that
 * its digests are certain.
 *
 * @throws {ApiError} If the first commands of the VM are no longer kept.
 * @throws {Error} If the commands do not lead to the same state again: a bug of ours.
 */
export async function caseOf(fleet: Fleet, entry: FleetVm): Promise<CaseFile> {
  const { config, initial } = entry.vm;
  const commands = lineageOf(fleet, entry, entry.ring.head, `write the case of VM "${entry.id}"`);
  const { poison } = entry;
  const present = poison === null ? freezeVm(entry.vm) : null;
  const file = await caseFrom(fleet, config, commands);
  if (poison !== null) return { ...file, poisonedBy: poison.command };
  const digest = present && (await digestInTurns(thawVm(initial, present), fleet.turns));
  if (file.expected.state !== digest) {
    throw new Error(`Cannot write the case of VM "${entry.id}": its commands lead elsewhere`);
  }
  return file;
}

/**
 * The case of a configuration and commands, which are run once for its digests.
 *
 * @param commands At most {@link BOUNDS.commandsPerCase.value}.
 * @throws {CommandRefused} If the model refuses one of them.
 */
export function caseFrom(
  { turns, step }: Pick<Fleet, 'turns' | 'step'>,
  config: VmConfig,
  commands: readonly Command[],
): Promise<CaseFile> {
  return finishInTurns(turns, caseSteps(step, config, commands));
}

/** The same in steps, each no longer than a command. */
export function* caseSteps(
  step: Fleet['step'],
  config: VmConfig,
  commands: readonly Command[],
): Generator<void, CaseFile> {
  const expected = yield* resultSteps(step, config, commands);
  return {
    format: 'mmulab-case',
    formatVersion: 1,
    mmulab: VERSION,
    config,
    commands: [...commands],
    expected,
  };
}

function* resultSteps(
  step: Fleet['step'],
  config: VmConfig,
  commands: readonly Command[],
): Generator<void, CaseDigests> {
  const vm = yield* creationOf(config);
  const digest = new EventsDigest();
  for (const command of commands) {
    yield;
    const events: { vcpu: number; event: MmuEvent }[] = [];
    const emit = ({ index: vcpu }: Vcpu, event: MmuEvent) => events.push({ vcpu, event });
    digest.add(command, { outcome: step(vm, command, emit), events });
  }
  return { state: yield* digestSteps(vm), events: digest.end() };
}
