import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Terminal } from './terminal.js';
import { UnusableFile } from './wrong-use.js';

/** The name by which a file is meant that comes by standard input. */
export const STANDARD_INPUT = '-';

/** The text of a file, or of standard input for `-`. @throws {UnusableFile} */
export async function textIn(file: string, { stdin }: Terminal): Promise<string> {
  if (file === STANDARD_INPUT && stdin.readableEnded) {
    throw new UnusableFile(file, 'standard input was read to its end before');
  }
  try {
    return await (file === STANDARD_INPUT ? text(stdin) : readFile(file, 'utf8'));
  } catch (error) {
    throw new UnusableFile(file, error);
  }
}

/**
 * Reads a file of JSON.
 *
 * @throws {UnusableFile}
 */
export async function jsonIn(file: string, terminal: Terminal): Promise<unknown> {
  return jsonOf(file, await textIn(file, terminal));
}

/**
 * Reads a text of JSON.
 *
 * @throws {UnusableFile}
 */
export function jsonOf(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnusableFile(file, error);
  }
}
