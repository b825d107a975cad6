import { z } from 'zod';
import { FAILURES } from '../../lab/index.js';
import {
  Command,
  type CommandInput,
  createJsonWriter,
  PolicyName,
  VmConfig,
} from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { ShrinkInput } from '../shards/shrink-shard.js';
import {
  type CommandSource,
  commandsFrom,
  FromCommands,
  FromVm,
  invalidBody,
} from './command-source.js';

/** Request for the smallest list of commands that shows a mistake. */
export const ShrinkRequest = z
  .strictObject({
    source: z.discriminatedUnion('kind', [FromCommands, FromVm]),
    failure: z
      .enum(FAILURES)
      .optional()
      .describe('The mistake that is meant; by default the first that shows.'),
    against: PolicyName.optional().describe('For a disagreement: the policy to agree with.'),
  })
  .meta({
    id: 'ShrinkRequest',
    description: 'Commands that show a mistake, and the mistake that is meant.',
  });
export type ShrinkRequest = z.output<typeof ShrinkRequest>;

/** @throws {ApiError} If there is no such VM, or a disagreement has no policy to agree with. */
export function prepareShrink(
  fleet: Fleet,
  { source, failure, against }: ShrinkRequest,
): ShrinkInput {
  if (failure === 'disagreement' && against === undefined) {
    const message = 'a disagreement needs the policy to agree with';
    throw invalidBody('/against', `Cannot shrink: ${message}`);
  }
  const { config, commands } = commandsFrom(fleet, source, 'shrink');
  return {
    failing: {
      config: z.encode(VmConfig, config),
      commands: [...commands, ...poisonOf(fleet, source)].map(inputOf),
    },
    options: {
      ...(failure === undefined ? {} : { kind: failure }),
      ...(against === undefined ? {} : { against }),
    },
  };
}

/** The command that a VM failed on, which its history does not have. */
function poisonOf(fleet: Fleet, source: CommandSource): Command[] {
  if (source.kind !== 'vm' || source.seq !== undefined) return [];
  const { poison } = fleet.get(source.vm);
  return poison === null ? [] : [poison.command];
}

const writeCommand = createJsonWriter(Command);

/** A command as it is written, whose values can be made simpler. */
function inputOf(command: Command): CommandInput {
  return JSON.parse(writeCommand(command)) as CommandInput;
}
