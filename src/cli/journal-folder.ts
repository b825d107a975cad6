import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Journal } from '../journal/log/index.js';
import { WrongUse } from './wrong-use.js';

/** The folder of the journal where none is named. */
export const DATA_FOLDER = './data';

type Environment = Readonly<Record<string, string | undefined>>;

/** Option that names the folder. */
export interface FolderOptions {
  readonly data?: string | undefined;
}

/** The folder that is meant, by option, environment or default. */
export function folderOf({ data }: FolderOptions, { MMULAB_DATA }: Environment): string {
  return resolve(data ?? (MMULAB_DATA || DATA_FOLDER));
}

/** Options by which a server is told where its VMs are kept. */
export interface JournalOptions extends FolderOptions {
  readonly ephemeral?: boolean;
}

/**
 * Opens the journal that a server keeps its VMs in; null if it is to keep none.
 *
 * @throws {WrongUse} If the options contradict each other, or the folder cannot be used.
 */
export async function openJournal(
  { data, ephemeral = false }: JournalOptions,
  env: Environment,
  bytesMax: number,
): Promise<Journal | null> {
  if (ephemeral && data !== undefined) {
    throw new WrongUse('Cannot serve: --ephemeral keeps nothing, and --data says where to keep it');
  }
  const instead = ', or pass --ephemeral';
  const folder = folderOf({ data }, env);
  return ephemeral ? null : await openFolder(folder, 'Cannot serve', { instead, bytesMax });
}

/**
 * Opens a journal that is there.
 *
 * @param task The task that needs it, as the error begins: `Cannot verify`.
 * @throws {WrongUse} If there is none, or it cannot be used.
 */
export async function openKept(options: FolderOptions, env: Environment, task: string) {
  const path = folderOf(options, env);
  const { JOURNAL_FILE } = await import('../journal/lmdb/index.js');
  if (existsSync(join(path, JOURNAL_FILE))) return await openFolder(path, task);
  throw new WrongUse(`${task}: there is no journal in "${path}"; name its folder with --data`);
}

interface OpenOptions {
  /** Words on what to do without it. */
  readonly instead?: string;
  /** Bytes beyond which only deletions are written. */
  readonly bytesMax?: number;
}

/**
 * Opens the journal of a folder, which is made if it is not there.
 *
 * @param task The task that needs it, as the error begins: `Cannot serve`.
 * @throws {WrongUse} If the folder cannot be used.
 */
export async function openFolder(
  path: string,
  task: string,
  { instead = '', bytesMax }: OpenOptions = {},
) {
  // Loaded only by a server that keeps its VMs, as the engine is.
  const { LmdbJournal } = await import('../journal/lmdb/index.js');
  try {
    return await LmdbJournal.open(path, bytesMax);
  } catch (error) {
    throw new WrongUse(`${task}: ${reasonOf(error as NodeJS.ErrnoException, path, instead)}`);
  }
}

function reasonOf(
  { name, message, code }: NodeJS.ErrnoException,
  path: string,
  instead: string,
): string {
  if (name === 'FolderTaken') {
    return `the folder "${path}" is taken: ${message}; stop it, or name another folder with --data`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return `the package "lmdb", by which VMs are kept, is not installed; install it${instead}`;
  }
  const said = message.replace(/\.$/, '');
  return `VMs cannot be kept in the folder "${path}" (${said}); name another with --data${instead}`;
}
