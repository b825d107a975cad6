import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Journal } from '../journal/log/index.js';
import { type Configured, configure } from './config/configure.js';
import { openFolder } from './journal-folder.js';
import { keepsInNats, openNats } from './open-journal.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** Options of a command that works on the journal of a server, as texts. */
export interface JournalOptions {
  readonly config?: string;
  readonly data?: string;
  readonly journal?: string;
}

/** The journal that a command works on: a folder, or one in NATS. */
export type Chosen =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'nats'; readonly configured: Configured };

/**
 * The place in which the server keeps its VMs that these options, variables and file configure.
 *
 * @param task The task that needs it, as the error begins: `Cannot verify`.
 */
export async function chosenBy(
  options: JournalOptions,
  task: string,
  terminal: Terminal,
): Promise<Chosen> {
  const configured = await configure({ ...options }, task, terminal);
  if (keepsInNats(configured, task)) return { kind: 'nats', configured };
  return { kind: 'folder', path: resolve(configured.values.data) };
}

/**
 * Opens a journal that is there.
 *
 * @throws {WrongUse} If there is none, or it cannot be used.
 */
export async function openKept(chosen: Chosen, task: string): Promise<Journal> {
  if (chosen.kind === 'nats') return await openChosen(chosen, task, { isKept: true });
  const { path } = chosen;
  const { JOURNAL_FILE } = await import('../journal/lmdb/index.js');
  if (existsSync(join(path, JOURNAL_FILE))) return await openFolder(path, task);
  throw new WrongUse(`${task}: there is no journal in "${path}"; name its folder with --data`);
}

/** Opens a journal, which is made if it is not there. @throws {WrongUse} If it cannot be used. */
export async function openChosen(
  chosen: Chosen,
  task: string,
  { isKept = false }: { readonly isKept?: boolean } = {},
): Promise<Journal> {
  if (chosen.kind === 'folder') return await openFolder(chosen.path, task);
  // A server that takes it meanwhile is told of by the next write, which is refused.
  return await openNats(chosen.configured, { task, isKept, onTaken: () => {} });
}
