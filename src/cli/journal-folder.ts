import { resolve } from 'node:path';
import type { Journal } from '../journal/log/index.js';
import { WrongUse } from './wrong-use.js';

/** The folder of the journal where none is named. */
export const DATA_FOLDER = './data';

/** Options by which a server is told where its VMs are kept. */
export interface JournalOptions {
  readonly data?: string;
  readonly ephemeral?: boolean;
}

/**
 * Opens the journal that a server keeps its VMs in; null if it is to keep none.
 *
 * @throws {WrongUse} If the options contradict each other, or the folder cannot be used.
 */
export async function openJournal(
  { data, ephemeral = false }: JournalOptions,
  { MMULAB_DATA }: NodeJS.ProcessEnv,
): Promise<Journal | null> {
  if (ephemeral && data !== undefined) {
    throw new WrongUse('Cannot serve: --ephemeral keeps nothing, and --data says where to keep it');
  }
  return ephemeral ? null : await openFolder(data ?? (MMULAB_DATA || DATA_FOLDER), 'Cannot serve');
}

/**
 * Opens the journal of a folder.
 *
 * @param task The task that needs it, as the error begins: `Cannot serve`.
 * @throws {WrongUse} If the folder cannot be used.
 */
export async function openFolder(folder: string, task: string) {
  const path = resolve(folder);
  // Loaded only by a server that keeps its VMs, as the engine is.
  const { LmdbJournal } = await import('../journal/lmdb/index.js');
  try {
    return await LmdbJournal.open(path);
  } catch (error) {
    throw new WrongUse(`${task}: ${reasonOf(error as NodeJS.ErrnoException, path)}`);
  }
}

function reasonOf({ name, message, code }: NodeJS.ErrnoException, path: string): string {
  if (name === 'FolderTaken') {
    return `the folder "${path}" is taken: ${message}; stop it, or name another folder with --data`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return 'the package "lmdb", by which VMs are kept, is not installed; install it, or pass --ephemeral';
  }
  const said = message.replace(/\.$/, '');
  return `VMs cannot be kept in the folder "${path}" (${said}); name another with --data, or pass --ephemeral`;
}
