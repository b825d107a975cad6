import { ask } from '../ask.js';
import { createChance } from './chance.js';
import { type Followed, Follower, type Manner, type Pace } from './follower.js';
import { Guests } from './guests.js';
import { FORMS } from './stream-client.js';
import { beginAndVanish } from './vanish.js';

/** Readers of one form are followed by a reader of the next; of three of a form one is no live one. */
const MANNERS: readonly Manner[] = [
  'live',
  'live',
  'live',
  'live',
  'live',
  'live',
  'slow',
  'dead',
  'slow',
];

/** Of so many live readers one follows all VMs. */
const OF_ALL = 8;

/** How long a live reader may take to come to the newest frame, when nothing happens any more. */
const CATCH_UP_MS = 20_000;

/** By default the server gives a client that does not answer twice as long. */
const HEARTBEAT_MS = 30_000;

export interface SoakOptions {
  readonly port: number;
  readonly seconds: number;
  readonly vms: number;
  readonly streams: number;
  readonly seed: number;
  readonly pace: Pace;
  /** Times that the commands of a batch befall the busiest VM in one go, and how often that is. */
  readonly heat: { readonly times: number; readonly everyMs: number };
  /** Called about once a second; what it returns ends the run. */
  readonly look?: (seconds: number) => string | null;
}

export interface Soaked {
  readonly followed: readonly Followed[];
  readonly changes: number;
  /** Of those, how many were put off with 503. */
  readonly overloaded: number;
  readonly vanished: number;
  readonly complaints: readonly string[];
}

/** Leans on a server for a while, and tells what its readers saw. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { port, seconds, vms, streams, seed, pace, heat, look = () => null } = options;
  const chance = createChance(seed);
  const guests = new Guests(port, chance);
  await guests.fill(vms);
  // Slow and dead readers follow the VM that leaves them behind, and some live ones do.
  const chosen = (index: number, manner: Manner) => {
    if (manner !== 'live' || index % OF_ALL === 1) return guests.hot;
    return index % OF_ALL === 0 ? null : guests.watched();
  };
  const followers = Array.from({ length: streams }, (_, i) => {
    const manner = MANNERS[Math.floor(i / FORMS.length) % MANNERS.length] as Manner;
    const form = FORMS[i % FORMS.length] as (typeof FORMS)[number];
    return new Follower({ port, form, manner, pace, choose: () => chosen(i, manner) });
  });
  const begun = performance.now();
  const complaints: string[] = [];
  let vanished = 0;
  let isOver = false;
  const until = async (everyMs: number, act: () => Promise<unknown>) => {
    while (!isOver) {
      await act();
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  };
  await Promise.all([
    until(heat.everyMs, () => guests.heat(heat.times)),
    ...[1, 2, 3, 4].map(() => until(5, () => guests.stir())),
    until(50, async () => {
      vanished += 1;
      await beginAndVanish(port, guests.watched(), chance);
    }),
    until(1000, async () => {
      const now = (performance.now() - begun) / 1000;
      const bad = look(now);
      if (bad !== null) complaints.push(bad);
      isOver = bad !== null || now >= seconds;
    }),
  ]);
  const isLong = seconds * 1000 > 2 * HEARTBEAT_MS;
  const left = await streamsLeft(
    port,
    isLong ? followers.filter(({ isDead }) => !isDead).length : streams,
  );
  if (left !== null) complaints.push(left);
  const followed = await Promise.all(followers.map((follower) => follower.finish(CATCH_UP_MS)));
  return {
    followed,
    changes: guests.changes,
    overloaded: guests.overloaded,
    vanished,
    complaints: [...complaints, ...guests.complaints, ...followed.flatMap((one) => one.complaints)],
  };
}

/** The server must have let go of who vanished and who is dead. @returns What it holds instead. */
async function streamsLeft(port: number, wanted: number): Promise<string | null> {
  let found = '';
  for (let waited = 0; waited < CATCH_UP_MS; waited += 100) {
    const { json } = await ask(port, 'GET', '/metrics');
    found = /^mmulab_streams (\d+)$/m.exec(String(json))?.[1] ?? '';
    if (found === String(wanted)) return null;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return `the server holds ${found} streams, where ${wanted} are read`;
}
