import { type Chance, createChance } from '../../src/lab/workloads/chance.js';
import { ask } from '../ask.js';
import { type Followed, Follower, type Manner, type Pace } from './follower.js';
import { Guests } from './guests.js';
import { FORMS, type Form } from './stream-client.js';
import { beginAndVanish } from './vanish.js';

/** Manners of the readers of each form, in turn; a third of them read too slowly. */
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

/** One of this many live readers follows all VMs. */
const OF_ALL = 8;

/** Milliseconds within which live readers on a busy machine have the newest frame. */
const CATCH_UP_MS = 120_000;

/** Milliseconds between two pings of the server by default. */
const HEARTBEAT_MS = 30_000;

export interface SoakOptions {
  readonly port: number;
  readonly seconds: number;
  /** Tells whether the run may end before its time. */
  readonly isEnough?: (soFar: SoFar) => boolean;
  /** Heartbeat of the server, which gives up a dead reader after two of them. */
  readonly heartbeatMs?: number;
  readonly vms: number;
  readonly streams: number;
  readonly seed: number;
  readonly pace: Pace;
  /** Batches that the hot VM runs at a time, and the milliseconds in between. */
  readonly heat: { readonly times: number; readonly everyMs: number };
  /** Called about once a second; a text that it returns ends the run. */
  readonly look?: (seconds: number) => string | null;
  /** Starts further load once the VMs are there; it is stopped before the readers catch up. */
  readonly beside?: () => { readonly stop: () => Promise<unknown> };
}

/** Progress of a run. */
export interface SoFar {
  readonly changes: number;
  /** Frames that live readers of each form have read. */
  readonly framesRead: Readonly<Record<Form, number>>;
}

export interface Soaked {
  readonly followed: readonly Followed[];
  readonly changes: number;
  /** Changes that were put off with 503. */
  readonly overloaded: number;
  readonly vanished: number;
  readonly complaints: readonly string[];
}

/** Loads a server for a while, and returns the findings of its readers. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { port, vms, heartbeatMs = HEARTBEAT_MS } = options;
  const chance = createChance(options.seed);
  const guests = new Guests(port, chance);
  await guests.fill(vms);
  const followers = followersOf(options, guests);
  const others = options.beside?.();
  const begunMs = performance.now();
  const { complaints, vanished } = await load(options, { guests, followers, chance });
  await others?.stop();
  const isLong = performance.now() - begunMs > 2 * heartbeatMs;
  const read = followers.filter(({ isDead }) => !(isLong && isDead));
  const left = await streamsLeft(port, read.length);
  if (left !== null) complaints.push(left);
  const followed = await Promise.all(followers.map((follower) => follower.finish(CATCH_UP_MS)));
  return {
    followed,
    changes: guests.changes,
    overloaded: guests.overloaded,
    vanished,
    complaints: [
      ...complaints,
      ...guests.complaints,
      ...followed.flatMap((reader) => reader.complaints),
    ],
  };
}

function followersOf({ port, streams, pace }: SoakOptions, guests: Guests): Follower[] {
  // Slow and dead readers follow the hot VM, and so do some live ones.
  const chosen = (index: number, manner: Manner) => {
    if (manner !== 'live' || index % OF_ALL === 1) return guests.hot;
    return index % OF_ALL === 0 ? null : guests.watched();
  };
  return Array.from({ length: streams }, (_, i) => {
    const manner = MANNERS[Math.floor(i / FORMS.length) % MANNERS.length] as Manner;
    const form = FORMS[i % FORMS.length] as (typeof FORMS)[number];
    return new Follower({ port, form, manner, pace, choose: () => chosen(i, manner) });
  });
}

/** Changes the VMs until the time is over. */
async function load(
  { port, seconds, heat, isEnough = () => false, look = () => null }: SoakOptions,
  { guests, followers, chance }: { guests: Guests; followers: Follower[]; chance: Chance },
): Promise<{ complaints: string[]; vanished: number }> {
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
    until(100, async () => {
      const framesRead = framesReadBy(followers);
      if (isEnough({ changes: guests.changes, framesRead })) isOver = true;
    }),
  ]);
  return { complaints, vanished };
}

function framesReadBy(followers: readonly Follower[]): Record<Form, number> {
  const read = Object.fromEntries(FORMS.map((form) => [form, 0])) as Record<Form, number>;
  for (const { form, isLive, frames } of followers) if (isLive) read[form] += frames;
  return read;
}

/**
 * Waits until the server has given up vanished and dead readers.
 *
 * @returns A complaint if it has not; null if it has.
 */
async function streamsLeft(port: number, expected: number): Promise<string | null> {
  let found = '';
  for (let waited = 0; waited < CATCH_UP_MS; waited += 100) {
    const { json } = await ask(port, 'GET', '/metrics');
    found = /^mmulab_streams (\d+)$/m.exec(String(json))?.[1] ?? '';
    if (found === String(expected)) return null;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return `the server holds ${found} streams, though only ${expected} are read`;
}
