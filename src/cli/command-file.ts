import { readFileSync } from 'node:fs';
import { Command, type VmConfigInput } from '../mmu/schema/index.js';
import { CaseFile } from '../server/index.js';
import { flawIn } from './flaw.js';

/** A file that does not hold what it should, or cannot be read at all. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}

/** Commands of a file: a JSON array, or one a line. @throws {UnusableFile} */
export function commandsIn(file: string): Command[] {
  const text = textIn(file);
  const items = text.trimStart().startsWith('[') ? json(file, text) : linesIn(file, text);
  if (!Array.isArray(items)) throw new UnusableFile(`Cannot read "${file}": not a list`);
  return items.map((item, index) => {
    const parsed = Command.safeParse(item);
    if (parsed.success) return parsed.data;
    throw new UnusableFile(`Cannot read "${file}": command ${index}: ${flawIn(parsed.error)}`);
  });
}

/** The machine and the commands of a case file. @throws {UnusableFile} */
export function caseIn(file: string): { config: VmConfigInput; commands: Command[] } {
  const content = json(file, textIn(file));
  const parsed = CaseFile.safeParse(content);
  if (!parsed.success) {
    throw new UnusableFile(`Cannot read "${file}": not a case: ${flawIn(parsed.error)}`);
  }
  return {
    // As it was written: what was checked is what the machine sees, and is made anew by each kernel.
    config: (content as { config: VmConfigInput }).config,
    commands: parsed.data.commands,
  };
}

function linesIn(file: string, text: string): unknown[] {
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [json(file, line)]));
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UnusableFile(`Cannot read "${file}": ${(error as Error).message}`);
  }
}

function json(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnusableFile(`Cannot read "${file}": ${(error as Error).message}`);
  }
}
