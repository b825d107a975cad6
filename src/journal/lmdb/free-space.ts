import { statfsSync } from 'node:fs';
import { NotWritten } from '../log/index.js';

/** Bytes of a disk that are left free. */
const FREE_BYTES_MIN = 32 * 1024 * 1024;

/**
 * Checks that a disk has room, before a transaction begins: one that fails amid its writes costs the
 * engine more than the transaction.
 *
 * @throws {NotWritten} If it has not.
 */
export function demandSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= FREE_BYTES_MIN) return;
  throw new NotWritten(
    `${free} bytes of the disk are free, and ${FREE_BYTES_MIN} have to be`,
    true,
  );
}
