import type { z } from 'zod';
import type { CaseFile } from '../../src/server/history/case-file.js';
import type { WrittenCase } from './local-case.js';

/** Bytes of a case file that the page reads at most. */
export const CASE_FILE_BYTES_MAX = 32 * 1024 * 1024;

type WireCaseFile = z.input<typeof CaseFile>;

/**
 * Reads a case file. Its configuration and commands are checked by the model.
 *
 * @throws {Error} If the text is no case file of a form that is known.
 */
export function caseOfFile(text: string): WrittenCase {
  const file = parsed(text);
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
