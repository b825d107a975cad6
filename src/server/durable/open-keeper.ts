import type { Journal } from '../../journal/log/index.js';
import type { FleetLog } from '../fleet/fleet-options.js';
import type { Sleeper } from '../fleet/sleeper.js';
import { createEpoch } from '../wire/ids.js';
import type { ValueStore } from '../wire/value-store.js';
import { foundNote } from './found-note.js';
import { LIVED } from './kept-clock.js';
import { sleeperOf } from './note.js';
import { ANSWERS, JOBS, META, PRICE_LISTS } from './rooms.js';
import { openRoom } from './value-room.js';
import { VmKeeper } from './vm-keeper.js';

/** Creations and deletions whose numbers are set aside before any of them is told. */
const LIVES_AHEAD = 100_000;

/** The state that an earlier process left, and its keeper from now on. */
export interface OpenedKeeper {
  readonly keeper: VmKeeper;
  /** The epoch of all processes that had the journal. */
  readonly epoch: string;
  readonly sleepers: readonly Sleeper[];
  /** Number of VMs that they made. */
  readonly vmsMade: number;
  /** Number from which creations and deletions are counted on. */
  readonly lives: number;
  readonly answers: ValueStore;
  readonly jobs: ValueStore;
  readonly priceLists: ValueStore;
}

/**
 * Opens what a journal has: no VM is made again before it is asked for.
 *
 * @param epoch That of a new journal, where a test needs a certain one.
 */
export async function openKeeper(
  journal: Journal,
  { log, epoch: given }: { readonly log: FleetLog; readonly epoch?: string | undefined },
): Promise<OpenedKeeper> {
  const meta = new Map<string, string>();
  for await (const { key, value } of journal.values(META)) {
    meta.set(key, new TextDecoder().decode(value));
  }
  const epoch = meta.get('epoch') ?? given ?? createEpoch();
  const vmsMade = Number(meta.get('made') ?? 0);
  const lives = Number(meta.get('lives') ?? 0);
  const put = (key: string, value: string) =>
    journal.put(META, key, new TextEncoder().encode(value));
  const reserve = async () => {
    await Promise.all([put('epoch', epoch), put('lives', String(lives + LIVES_AHEAD))]);
  };
  const lived = Number(meta.get(LIVED) ?? 0);
  const sleepers: Sleeper[] = [];
  for (const { vm: id, note } of await journal.list()) {
    const kept = note.length > 0 ? note : await foundNote(journal, log, { id, lived });
    if (kept !== null) sleepers.push(sleeperOf(id, kept));
  }
  // A process that was killed has written notes since it wrote the time down.
  const livedMs = sleepers.reduce((latest, { since }) => Math.max(latest, since), lived);
  const keeper = new VmKeeper({ journal, log, livedMs, reserve });
  await keeper.reserve();
  const [answers, jobs, priceLists] = await Promise.all([
    openRoom(journal, keeper, ANSWERS),
    openRoom(journal, keeper, JOBS),
    openRoom(journal, keeper, PRICE_LISTS),
  ]);
  return { keeper, epoch, sleepers, vmsMade, lives, answers, jobs, priceLists };
}
