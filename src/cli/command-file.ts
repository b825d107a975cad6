import { Command, type VmConfigInput } from '../mmu/schema/index.js';
import { CaseFile } from '../server/index.js';
import { flawIn } from './flaw.js';
import { jsonIn, jsonOf, textIn } from './input.js';
import type { Terminal } from './terminal.js';
import { UnusableFile } from './wrong-use.js';

/** Commands of a file: a JSON array, or one a line. @throws {UnusableFile} */
export async function commandsIn(file: string, terminal: Terminal): Promise<Command[]> {
  const text = await textIn(file, terminal);
  const items = text.trimStart().startsWith('[') ? jsonOf(file, text) : linesIn(file, text);
  if (!Array.isArray(items)) throw new UnusableFile(file, 'not a list');
  return items.map((item, index) => {
    const parsed = Command.safeParse(item);
    if (parsed.success) return parsed.data;
    throw new UnusableFile(file, `command ${index}: ${flawIn(parsed.error)}`);
  });
}

/** The machine and the commands of a case file. @throws {UnusableFile} */
export async function caseIn(
  file: string,
  terminal: Terminal,
): Promise<{ config: VmConfigInput; commands: Command[] }> {
  const content = await jsonIn(file, terminal);
  const { commands } = checkedCase(file, content);
  // As it was written: what was checked is what the machine sees, and is made anew by each kernel.
  return { config: (content as { config: VmConfigInput }).config, commands };
}

/** A case file, checked. @throws {UnusableFile} */
export async function caseFileIn(file: string, terminal: Terminal): Promise<CaseFile> {
  return checkedCase(file, await jsonIn(file, terminal));
}

/** @throws {UnusableFile} */
function checkedCase(file: string, content: unknown): CaseFile {
  const parsed = CaseFile.safeParse(content);
  if (!parsed.success) throw new UnusableFile(file, `not a case: ${flawIn(parsed.error)}`);
  return parsed.data;
}

function linesIn(file: string, text: string): unknown[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [jsonOf(file, line)]));
}
