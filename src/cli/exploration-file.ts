import { ExplorationFile, type Setting } from '../lab/index.js';
import { flawIn } from './flaw.js';
import { jsonIn } from './input.js';
import type { Terminal } from './terminal.js';
import { UnusableFile } from './wrong-use.js';

/** The machine of a file. @throws {UnusableFile} If it holds none. */
export async function settingIn(
  file: string,
  terminal: Terminal,
): Promise<Omit<Setting, 'properties'>> {
  const parsed = ExplorationFile.safeParse(await jsonIn(file, terminal));
  if (!parsed.success) throw new UnusableFile(file, `not a machine: ${flawIn(parsed.error)}`);
  return parsed.data;
}
