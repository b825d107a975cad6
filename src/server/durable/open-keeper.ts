import type { Journal } from '../../journal/log/index.js';
import type { FleetLog } from '../fleet/fleet-options.js';
import type { Sleeper } from '../fleet/sleeper.js';
import { createEpoch } from '../wire/ids.js';
import type { ValueStore } from '../wire/value-store.js';
import { foundNote } from './found-note.js';
import { LIVED } from './kept-clock.js';
import { noteFrom, sleeperOf } from './note.js';
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
  /** Names this process in the ids that it gives. */
  readonly idEpoch: string;
  /** Number of VMs that processes of this name made. */
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
  const { shared } = journal;
  const meta = await metaOf(journal);
  const epoch = meta.get('epoch') ?? (await epochFor(journal, given));
  const before = Number(meta.get('lives') ?? 0);
  const put = (key: string, value: string) => journal.put(META, key, encoded(value));
  const reserve =
    shared === null
      ? async () => {
          await Promise.all([put('epoch', epoch), put('lives', String(before + LIVES_AHEAD))]);
        }
      : () => journal.fresh();
  const lived = await livedOf(journal, Number(meta.get(LIVED) ?? 0));
  // Before the list is read, so that it hears of what comes behind it.
  const keeper = new VmKeeper({ journal, log, livedMs: lived, reserve });
  const lives = keeper.others?.lives ?? before;
  const sleepers: Sleeper[] = [];
  for (const { vm: id, note } of await journal.list()) {
    const kept = note.length > 0 ? note : await foundNote(journal, log, { id, lived });
    if (kept !== null) sleepers.push(sleeperOf(id, kept));
  }
  await keeper.reserve();
  const [answers, jobs, priceLists] = await Promise.all([
    openRoom(journal, keeper, ANSWERS),
    openRoom(journal, keeper, JOBS),
    openRoom(journal, keeper, PRICE_LISTS),
  ]);
  const idEpoch = shared === null ? epoch : createEpoch();
  const vmsMade = shared === null ? Number(meta.get('made') ?? 0) : 0;
  const rooms = { answers, jobs, priceLists };
  return { keeper, epoch, idEpoch, sleepers, vmsMade, lives, ...rooms };
}

/** Time that earlier processes had the journal: one that was killed wrote notes since it wrote that down. */
async function livedOf(journal: Journal, told: number): Promise<number> {
  const notes = (await journal.list()).map(({ note }) => noteFrom(note)?.lived ?? 0);
  return notes.reduce((latest, lived) => Math.max(latest, lived), told);
}

async function metaOf(journal: Journal): Promise<Map<string, string>> {
  const meta = new Map<string, string>();
  for await (const { key, value } of journal.values(META)) {
    meta.set(key, new TextDecoder().decode(value));
  }
  return meta;
}

/** The epoch of a new journal: that of the first process which opens it. */
async function epochFor(journal: Journal, given = createEpoch()): Promise<string> {
  if (journal.shared === null) return given;
  await journal.shared.claim(META, 'epoch', encoded(given));
  await journal.fresh();
  return (await metaOf(journal)).get('epoch') ?? given;
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
