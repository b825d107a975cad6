import { z } from 'zod';
import type { CommandSpec } from './command-spec.js';
import { GUEST_COMMANDS } from './guest-commands.js';
import { HOST_COMMANDS } from './host-commands.js';

/** Every kind of command, in the order in which they are shown. */
export const COMMANDS = { ...GUEST_COMMANDS, ...HOST_COMMANDS } as const satisfies Record<
  string,
  CommandSpec
>;

export type CommandKind = keyof typeof COMMANDS;

export const COMMAND_KINDS = Object.keys(COMMANDS) as [CommandKind, ...CommandKind[]];

/** The kind of a command, where a message names one. */
export const CommandKind = z
  .enum(COMMAND_KINDS)
  .meta({ id: 'CommandKind', description: 'Kind of a command.' });
