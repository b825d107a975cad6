import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { createVm, type step, type Vcpu } from '../../mmu/index.js';
import { Command, type MmuEvent, VmConfig } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { CASE_COMMANDS_MAX } from '../wire/limits.js';
import { VERSION } from '../wire/version.js';
import { Digest, digestOf, EventsDigest } from './digest.js';
import { lineageOf } from './lineage.js';
import { SLICE_COMMANDS } from './replay.js';

export const CaseDigests = z
  .strictObject({
    state: Digest.describe('Of the state at the end.'),
    events: Digest.describe('Of every command with its outcome and its events.'),
  })
  .meta({ id: 'CaseDigests', description: 'What comes of a case.' });
export type CaseDigests = z.output<typeof CaseDigests>;

/** All that is needed to see again what a VM did. */
export const CaseFile = z
  .strictObject({
    format: z.literal('mmulab-case'),
    formatVersion: z.literal(1),
    mmulab: z.string().min(1).max(64).describe('Version of the server that wrote it.'),
    config: VmConfig,
    commands: z.array(Command).max(CASE_COMMANDS_MAX),
    expected: CaseDigests,
    poisonedBy: Command.optional().describe(
      'The command on which the model failed, behind the others: `expected` is what came before it.',
    ),
  })
  .meta({ id: 'CaseFile', description: 'A configuration, commands, and what comes of them.' });
export type CaseFile = z.output<typeof CaseFile>;

/**
 * The case that leads to the present state of a VM. It is run once before it is given away, so that
 * what it promises is what it does.
 *
 * @throws {ApiError} If the beginning of the VM is not known any more.
 * @throws {Error} If the model does not do again what it did: an error of ours.
 */
export async function caseOf(fleet: Fleet, entry: FleetVm): Promise<CaseFile> {
  const { config } = entry.vm;
  const commands = lineageOf(fleet, entry, entry.ring.head, `write the case of VM "${entry.id}"`);
  const present = entry.poison === null ? digestOf(entry.vm) : null;
  const file = await caseFrom(config, commands, fleet.step);
  if (present !== null && file.expected.state !== present) {
    throw new Error(`Cannot write the case of VM "${entry.id}": its commands lead elsewhere`);
  }
  return entry.poison === null ? file : { ...file, poisonedBy: entry.poison };
}

/**
 * The case of a configuration and commands, which are run once to see what comes of them.
 *
 * @param commands At most {@link CASE_COMMANDS_MAX}.
 * @throws {CommandRefused} If one of them cannot be taken.
 */
export async function caseFrom(
  config: VmConfig,
  commands: readonly Command[],
  model: typeof step,
): Promise<CaseFile> {
  const expected = await rehearsed(config, commands, model);
  return {
    format: 'mmulab-case',
    formatVersion: 1,
    mmulab: VERSION,
    config,
    commands: [...commands],
    expected,
  };
}

async function rehearsed(
  config: VmConfig,
  commands: readonly Command[],
  model: typeof step,
): Promise<CaseDigests> {
  const vm = createVm(config);
  const digest = new EventsDigest();
  for (const [index, command] of commands.entries()) {
    if (index % SLICE_COMMANDS === 0 && index > 0) await nextTurn();
    const events: { vcpu: number; event: MmuEvent }[] = [];
    const emit = ({ index: vcpu }: Vcpu, event: MmuEvent) => events.push({ vcpu, event });
    digest.add(command, { outcome: model(vm, command, emit), events });
  }
  return { state: digestOf(vm), events: digest.end() };
}
