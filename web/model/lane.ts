import type { Found, Opened, Parted } from '../engine/protocol.js';
import type { Engine, Following } from './engine.js';
import type { LocalCase, PolicyChanges } from './local-case.js';
import type { Moments } from './moments.js';
import type { Source } from './source.js';

/** A run in the page, with what sets it apart from the others. */
export interface Lane {
  /** Text of the lane in an address; empty for the first one. @see splitOf */
  readonly text: string;
  readonly label: string;
  readonly opened: Opened;
  readonly moments: Moments;
  readonly found: readonly Found[];
  /** Where it leaves the first run; null if it never does, or is that run. */
  readonly parting: Parted['parting'];
}

/** Any moment of a run in the page. */
export function momentsOf(engine: Engine, run: number): Moments {
  return {
    moment: (...of) => engine.call('moment', { run, of }),
    walk: (...of) => engine.call('walk', { run, of }),
    tlb: (...of) => engine.call('tlb', { run, of }),
    allowed: (...of) => engine.call('allowed', { run, of }),
    explain: (...of) => engine.call('explain', { run, of }),
    shadowPages: (...of) => engine.call('shadowPages', { run, of }),
    shadowPage: (...of) => engine.call('shadowPage', { run, of }),
    why: (...of) => engine.call('why', { run, of }),
  };
}

/** The history of a run in the page. */
export function sourceOf(engine: Engine, run: number): Source {
  return {
    follow: null,
    timeline: ({ from, to, buckets }, signal) =>
      engine.call('timeline', { run, from: from ?? 0, to, buckets }, { signal }),
    frames: (after, limit, signal) => engine.call('frames', { run, after, limit }, { signal }),
  };
}

export async function openLane(
  engine: Engine,
  from: LocalCase,
  following: Following,
): Promise<Lane> {
  const opened = await engine.call('open', { from }, following);
  return laneOf(engine, opened, { text: '', label: opened.policy, parting: null });
}

/** The same commands under other rules, from a command on; 0 is the beginning. */
export interface Split {
  readonly text: string;
  readonly label: string;
  readonly changes: PolicyChanges;
  readonly from: number;
}

export async function splitLane(
  engine: Engine,
  { opened: { run } }: Lane,
  { text, label, changes, from }: Split,
  following: Following,
): Promise<Lane> {
  const { opened, parting } = await engine.call('part', { run, changes, from }, following);
  return laneOf(engine, opened, { text, label, parting });
}

async function laneOf(
  engine: Engine,
  opened: Opened,
  rest: Pick<Lane, 'text' | 'label' | 'parting'>,
): Promise<Lane> {
  const { run } = opened;
  const found = await engine.call('violations', { run });
  return { ...rest, opened, found, moments: momentsOf(engine, run) };
}
