import { statSync, truncateSync } from 'node:fs';
import type { Database, RootDatabase } from 'lmdb';
import type { Place } from './places.js';

type Table<K extends Place | [string, string] | string> = Database<Buffer, K>;

/** The tables of a journal. */
export interface Tables {
  readonly root: RootDatabase<Buffer, string>;
  readonly heads: Table<string>;
  readonly records: Table<Place>;
  readonly checkpoints: Table<Place>;
  readonly values: Table<[room: string, key: string]>;
}

/** @param open That of `lmdb`, which is loaded only by a server that keeps a journal. */
export function openTables(open: typeof import('lmdb').open, path: string): Tables {
  // Plain transactions: each is on disk when its promise resolves.
  const root = open<Buffer, string>({
    path,
    encoding: 'binary',
    overlappingSync: false,
    maxDbs: 8,
  });
  restoreLength(root, path);
  const table = <K extends Place | [string, string] | string>(name: string): Table<K> =>
    root.openDB<Buffer, K>(name, { encoding: 'binary' });
  return {
    root,
    heads: table('heads'),
    records: table('records'),
    checkpoints: table('checkpoints'),
    values: table('values'),
  };
}

/**
 * Gives a file that was cut short its length again. The pages that are lost read as zeros then, which
 * LMDB refuses; beyond the end of a file, to read them would end the process.
 */
function restoreLength(root: RootDatabase<Buffer, string>, path: string): void {
  const { lastPageNumber, root: tree } = root.getStats() as {
    readonly lastPageNumber: number;
    readonly root: { readonly pageSize: number };
  };
  const length = (lastPageNumber + 1) * tree.pageSize;
  if (statSync(path).size < length) truncateSync(path, length);
}
