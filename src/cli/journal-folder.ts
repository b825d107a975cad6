import { WrongUse } from './wrong-use.js';

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
