import { z } from 'zod';
import { VcpuIndex } from './command-fields.js';
import { COMMAND_KINDS, COMMANDS, type CommandKind } from './commands.js';

/** Everything that can befall a vCPU. */
export const Command = z
  .discriminatedUnion('kind', [commandOf('mov-cr0'), ...COMMAND_KINDS.slice(1).map(commandOf)])
  .meta({ id: 'Command', description: 'A command to a vCPU.' }) as unknown as z.ZodType<
  CommandOf<CommandKind>,
  CommandInput
>;

function commandOf<K extends CommandKind>(kind: K) {
  return COMMANDS[kind].body
    .safeExtend({ kind: z.literal(kind), vcpu: VcpuIndex })
    .meta({ id: `Command.${kind}`, description: COMMANDS[kind].summary });
}

/** A command's fields as the machine sees them. */
export type BodyOf<K extends CommandKind> = Fields<z.output<(typeof COMMANDS)[K]['body']>>;

/** Zod gives an object without fields a type that admits no `kind` beside them. */
type Fields<T> = T extends Record<string, never> ? unknown : T;

/** A command of some kind, as the machine sees it. */
export type CommandOf<K extends CommandKind> = {
  [Kind in K]: { readonly kind: Kind; readonly vcpu: number } & Readonly<BodyOf<Kind>>;
}[K];

export type Command = CommandOf<CommandKind>;

/** A command as the wire carries it. */
export type CommandInput = {
  [K in CommandKind]: { kind: K; vcpu: number } & Fields<z.input<(typeof COMMANDS)[K]['body']>>;
}[CommandKind];
