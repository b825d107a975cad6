import type { WireCaseFile } from '../api/wire.js';
import type { WrittenCase } from './local-case.js';

/** Bytes of a case file that the page reads at most. */
export const CASE_FILE_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Reads a case file. Its configuration and commands are checked by the model.
 *
 * @throws {Error} If the text is no case file of a form that is known.
 */
export function caseOfFile(text: string): WrittenCase {
  return caseOf(parsed(text));
}

/**
 * The case that a file holds.
 *
 * @throws {Error} If its form is not known.
 */
export function caseOf(file: Partial<WireCaseFile> | null): WrittenCase {
  if (file?.format !== 'mmulab-case') {
    throw new Error('This is no case file: its "format" is not "mmulab-case"');
  }
  if (file.formatVersion !== 1) {
    throw new Error(
      `This case file has form ${file.formatVersion}, and this mmulab reads form 1: it was made by another version`,
    );
  }
  const { mmulab = '', config = {}, commands = [], poisonedBy, expected } = file;
  return {
    kind: 'written',
    mmulab,
    config,
    commands: poisonedBy === undefined ? commands : [...commands, poisonedBy],
    digest: poisonedBy === undefined ? (expected?.state ?? null) : null,
  };
}

function parsed(text: string): Partial<WireCaseFile> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    throw new Error('This is no case file: it is not JSON');
  }
}
