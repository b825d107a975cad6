import type { RaceOrder, WireCommand } from '../api/wire.js';
import { caseOfFile } from './case-file.js';

/** Commands that were given, with the machine that they are for. */
export type GivenCommands = Extract<RaceOrder['source'], { kind: 'commands' }>;

/**
 * Reads commands in any of their forms: a case file, an array, or a command a line. The server checks
 * each command; here only the form is read.
 *
 * @throws {Error} If it is none of these; it says where.
 */
export function commandsIn(text: string): GivenCommands {
  const trimmed = text.trim();
  if (trimmed === '') throw new Error('Cannot race: there are no commands; paste one a line');
  const whole = parsed(trimmed);
  if (Array.isArray(whole)) return { kind: 'commands', config: {}, commands: whole };
  if (isRecord(whole) && 'format' in whole) {
    const { config, commands } = caseOfFile(trimmed);
    return { kind: 'commands', config, commands: [...commands] };
  }
  return { kind: 'commands', config: {}, commands: linesOf(trimmed) };
}

function linesOf(text: string): WireCommand[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const value = parsed(line);
    if (isCommand(value)) return [value];
    throw new Error(
      `Cannot race: line ${index + 1} is no command; write it as {"kind":"mov-cr3","vcpu":0,"value":"0x1000"}`,
    );
  });
}

/** Undefined if it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCommand(value: unknown): value is WireCommand {
  return isRecord(value) && typeof value.kind === 'string';
}
