import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RootDatabase } from 'lmdb';

/**
 * Closes a database, and puts a copy without free pages in the place of its file: on disk before it
 * has that name, so that a crash leaves the one or the other.
 */
export async function compactFile(root: RootDatabase<Buffer, string>, path: string): Promise<void> {
  const copy = `${path}.compact`;
  await rm(copy, { force: true });
  await root.backup(copy, true);
  await root.close();
  await sync(copy);
  await rename(copy, path);
  await sync(dirname(path));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
