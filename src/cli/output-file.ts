import { writeFile } from 'node:fs/promises';
import { WrongUse } from './wrong-use.js';

/** Writes a file that the user named. @throws {WrongUse} If it cannot be written. */
export async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new WrongUse(`Cannot write "${file}": ${(error as Error).message}`);
  }
}
