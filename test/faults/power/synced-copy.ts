import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./synced-copy.c', import.meta.url));

/** Why tests that need the copy are left out; null if they are not. */
export const WHY_NO_COPY: string | null =
  process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0
    ? null
    : 'skipped: it needs Linux and gcc';

/** A file, and what a disk would have of it that loses power now. */
export interface SyncedCopy {
  /** A command that runs the program whose file it is. */
  readonly prefix: readonly string[];
  /** Bytes as of the last sync; null before the first one. */
  bytes(): Buffer | null;
  /** Throws the writes since the last sync away. @returns Whether there were any. */
  losePower(): boolean;
}

/** @param folder A folder for the copy, not that of the file. */
export function syncedCopyOf(file: string, folder: string): SyncedCopy {
  const [library, copy] = [join(folder, 'synced-copy.so'), join(folder, 'copy')];
  const flags = ['-O2', '-Wall', '-Werror', '-shared', '-fPIC'];
  execFileSync('gcc', [...flags, '-o', library, SOURCE, '-ldl', '-lpthread']);
  return {
    prefix: ['env', `LD_PRELOAD=${library}`, `SYNCED_FILE=${file}`, `SYNCED_COPY=${copy}`],
    bytes: () => (existsSync(copy) ? readFileSync(copy) : null),
    losePower() {
      const isLost = !readFileSync(file).equals(readFileSync(copy));
      copyFileSync(copy, file);
      return isLost;
    },
  };
}
