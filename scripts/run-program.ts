import { type ParseArgsConfig, parseArgs } from 'node:util';
import { EXIT } from '../src/cli/exit-codes.js';

type Options = NonNullable<ParseArgsConfig['options']>;
type ValuesOf<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

/** A script with options, which ends with a status. */
export interface Program<O extends Options, S> {
  /** Printed if the options are wrong. */
  readonly usage: string;
  readonly options: O;
  /** Checks the values of the options. Returns null if one of them is wrong. */
  readonly settingsOf: (values: ValuesOf<O>) => S | null;
  /** Returns the status to end with. */
  readonly run: (settings: S) => Promise<number>;
}

/** Runs a script with the arguments of this process. Wrong ones print its usage; the status is 2. */
export async function runProgram<const O extends Options, S>(
  program: Program<O, S>,
): Promise<void> {
  const settings = settingsOf(program);
  if (settings !== null) {
    process.exitCode = await program.run(settings);
    return;
  }
  process.stderr.write(program.usage);
  process.exitCode = EXIT.wrongUse;
}

/**
 * A seed from its text; by default a new one.
 *
 * @returns Null if the text is not an integer.
 */
export function seedOf(text: string | undefined): number | null {
  const seed = Number(text ?? Date.now() % 1_000_000);
  return Number.isSafeInteger(seed) ? seed : null;
}

/** Prints a line. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function settingsOf<O extends Options, S>({ options, settingsOf }: Program<O, S>): S | null {
  try {
    return settingsOf(parseArgs({ options }).values);
  } catch {
    return null;
  }
}
