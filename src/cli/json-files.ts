import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UnusableFile } from './wrong-use.js';

/**
 * The files that a path stands for: of a folder every `*.json` below it, in the order of their paths; of
 * anything else the path itself, which need not be there.
 *
 * @throws {UnusableFile} If it is a folder that cannot be read, or one without such a file.
 */
export async function jsonFilesOf(path: string): Promise<readonly string[]> {
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() === true;
  if (!isFolder) return [path];
  const files = await jsonFilesBelow(path);
  if (files.length === 0) throw new UnusableFile(path, 'a folder with no *.json below it');
  return files;
}

async function jsonFilesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.name.endsWith('.json') && !entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort();
  } catch (error) {
    throw new UnusableFile(folder, error);
  }
}
