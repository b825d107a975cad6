import { mkdir } from 'node:fs/promises';
import { outliveFailedCommits } from './failed-commits.js';
import { lockFolder } from './folder-lock.js';

/**
 * Makes a folder if it is not there, and takes it for a journal of this process.
 *
 * @returns Gives it back.
 * @throws {FolderTaken} If a process that lives has it.
 */
export async function takeFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const free = await lockFolder(folder);
  const end = outliveFailedCommits();
  return () => {
    end();
    return free();
  };
}
