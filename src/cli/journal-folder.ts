import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { configure } from './config/configure.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** Options of a command that works on the folder of a server, as texts. */
export interface FolderOptions {
  readonly config?: string;
  readonly data?: string;
}

/** The folder in which the server keeps its VMs that these options, variables and file configure. */
export async function folderOf(
  options: FolderOptions,
  task: string,
  terminal: Terminal,
): Promise<string> {
  const { values } = await configure({ ...options }, task, terminal);
  return resolve(values.data);
}

/**
 * Opens a journal that is there.
 *
 * @param task The task that needs it, as the error begins: `Cannot verify`.
 * @throws {WrongUse} If there is none, or it cannot be used.
 */
export async function openKept(options: FolderOptions, task: string, terminal: Terminal) {
  const path = await folderOf(options, task, terminal);
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
