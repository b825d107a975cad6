import { resolve } from 'node:path';
import type { Journal } from '../journal/log/index.js';
import { type Configured, outweighs } from './config/configure.js';
import { openFolder } from './journal-folder.js';
import { WrongUse } from './wrong-use.js';

/** Settings of which one says where a server keeps its VMs. */
const WAYS = ['ephemeral', 'journal', 'data'] as const;
type Way = (typeof WAYS)[number];

/** Way out where an engine is not installed. */
const INSTEAD = ', or pass --ephemeral';

/**
 * Opens the journal that a server keeps its VMs in; null if it is to keep none.
 *
 * @param onTaken Called when another process has taken the journal, in which nothing is written then.
 * @throws {WrongUse} If one place says two things about where to keep them, or it cannot be done.
 */
export async function openJournal(
  configured: Configured,
  onTaken: (by: string) => void,
): Promise<Journal | null> {
  const { data, journalBytes: bytesMax } = configured.values;
  switch (wayOf(configured, 'Cannot serve')) {
    case 'ephemeral':
      return null;
    case 'journal':
      return await openNats(configured, { task: 'Cannot serve', onTaken });
    case 'data':
      return await openFolder(resolve(data), 'Cannot serve', { instead: INSTEAD, bytesMax });
  }
}

/**
 * Whether a server keeps its VMs in NATS.
 *
 * @param task The task that needs it, as the error begins: `Cannot serve`.
 * @throws {WrongUse} If one place says two things about where to keep them.
 */
export function keepsInNats(configured: Configured, task: string): boolean {
  return wayOf(configured, task) === 'journal';
}

/** The weightiest of the ways that are set; a folder if none is. */
function wayOf({ values, origins }: Configured, task: string): Way {
  const [first, second] = WAYS.filter(
    (way) => origins[way] !== null && (way !== 'ephemeral' || values.ephemeral),
  ).sort(
    (a, b) => Number(outweighs(origins[b], origins[a])) - Number(outweighs(origins[a], origins[b])),
  );
  if (first === undefined) return 'data';
  const [one, other] = [origins[first], second === undefined ? null : origins[second]];
  if (one?.place !== other?.place) return first;
  const says = first === 'ephemeral' ? 'keeps nothing' : 'says where to keep VMs';
  const too = first === 'ephemeral' ? 'says where to keep it' : 'says so as well';
  throw new WrongUse(`${task}: ${one?.from} ${says}, and ${other?.from} ${too}`);
}

interface NatsOpening {
  /** The task that needs it, as the error begins: `Cannot serve`. */
  readonly task: string;
  readonly onTaken: (by: string) => void;
  /** Whether a journal has to be there. */
  readonly isKept?: boolean;
}

/**
 * Opens the journal in NATS that is configured, for this process alone.
 *
 * @throws {WrongUse} If it cannot be used.
 */
export async function openNats(
  { values }: Configured,
  { task, ...opening }: NatsOpening,
): Promise<Journal> {
  const { journal: address = '', journalMonitors: monitors, journalBytes: bytesMax } = values;
  const credentials = values.journalCredentials;
  try {
    // Loaded only by a server that keeps its VMs there, as the client is.
    const { NatsJournal } = await import('../journal/nats/index.js');
    return await NatsJournal.open(address, { bytesMax, monitors, credentials, ...opening });
  } catch (error) {
    throw new WrongUse(`${task}: ${reasonOfNats(error as NodeJS.ErrnoException, address)}`);
  }
}

/** Why servers of NATS cannot be used, and a way out. */
export function reasonOfNats(
  { name, message, code }: NodeJS.ErrnoException,
  address: string,
): string {
  if (name === 'JournalTaken') {
    return `the journal "${address}" is taken: ${message}; stop it, or name another journal behind the servers`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND') {
    return `the packages "@nats-io/...", by which VMs are kept there, are not installed; install them${INSTEAD}`;
  }
  const said = message.replace(/\.$/, '');
  return `VMs cannot be kept in the journal "${address}" (${said}); name another with --journal${INSTEAD}`;
}
