import type { WireCaseFile, WireExcerpt } from '../api/wire.js';
import type { ExcerptCase, WrittenCase } from './local-case.js';

/** Bytes of a case file that the page reads at most. */
export const CASE_FILE_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Reads a case file, or an excerpt. Its configuration and commands are checked by the model.
 *
 * @throws {Error} If the text is neither of a form that is known.
 */
export function caseOfFile(text: string): WrittenCase | ExcerptCase {
  const value = parsed(text);
  return isExcerpt(value) ? excerptOf(value) : caseOf(value as Partial<WireCaseFile> | null);
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
  demandForm(file.formatVersion);
  const { mmulab = '', config = {}, commands = [], poisonedBy, expected } = file;
  return {
    kind: 'written',
    mmulab,
    config,
    commands: poisonedBy === undefined ? commands : [...commands, poisonedBy],
    digest: poisonedBy === undefined ? (expected?.state ?? null) : null,
  };
}

/**
 * The case that an excerpt of a VM's history is.
 *
 * @throws {Error} If its form is not known.
 */
export function excerptOf(file: Partial<WireExcerpt>): ExcerptCase {
  demandForm(file.formatVersion);
  const { mmulab = '', config = {}, after = 0, state = '', commands = [] } = file;
  return { kind: 'excerpt', mmulab, config, after, state, commands };
}

/** An excerpt as a file, which {@link caseOfFile} reads. */
export function fileOfExcerpt({ kind: _, commands, ...parts }: ExcerptCase): WireExcerpt {
  return { format: EXCERPT, formatVersion: 1, ...parts, commands: [...commands] };
}

const EXCERPT = 'mmulab-excerpt';

function isExcerpt(value: Partial<WireCaseFile | WireExcerpt> | null): value is WireExcerpt {
  return value?.format === EXCERPT;
}

function demandForm(version: number | undefined): void {
  if (version === 1) return;
  throw new Error(
    `This case file has form ${version}, and this mmulab reads form 1: it was made by another version`,
  );
}

function parsed(text: string): Partial<WireCaseFile | WireExcerpt> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    throw new Error('This is no case file: it is not JSON');
  }
}
