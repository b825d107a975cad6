import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { NotWritten } from '../log/index.js';
import type { Tables } from './tables.js';

/** Bytes of a disk that are left free. */
const FREE_BYTES_MIN = 32 * 1024 * 1024;

export interface Room {
  readonly tables: Tables;
  /** The file. */
  readonly path: string;
  /** Bytes that the file may have in use. */
  readonly bytesMax: number;
}

/**
 * Looks for room before a transaction begins: one that fails amid its writes costs the engine more
 * than the transaction. Pages of the file that dropped records had are room as well.
 *
 * @returns Why nothing that takes room can be written; null if it can.
 */
export function wantOfRoom({ tables, path, bytesMax }: Room): NotWritten | null {
  const { bavail, bsize } = statfsSync(dirname(path));
  const left = bavail * bsize;
  const { size } = statSync(path);
  if (left >= FREE_BYTES_MIN && size < bytesMax) return null;
  const used = usedBytes(tables);
  if (used >= bytesMax) {
    const bound = `it has ${used} bytes, and ${bytesMax} are the bound; delete VMs`;
    return new NotWritten(bound, true);
  }
  const free = left + Math.max(0, size - used);
  if (free >= FREE_BYTES_MIN) return null;
  const what = `${free} bytes of the disk are free, and ${FREE_BYTES_MIN} have to be`;
  return new NotWritten(what, true);
}

interface Pages {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** Pages that LMDB has for itself: two heads of the file. */
const HEADS = 2;

/** Bytes of the pages that are in use. */
function usedBytes({ root, heads, records, checkpoints, values }: Tables): number {
  const { root: names, free } = root.getStats() as { readonly root: Pages; readonly free: Pages };
  const tables = [heads, records, checkpoints, values].map((table) => table.getStats() as Pages);
  const pages = [names, free, ...tables].reduce(
    (sum, one) => sum + one.treeBranchPageCount + one.treeLeafPageCount + one.overflowPages,
    HEADS,
  );
  return pages * names.pageSize;
}
