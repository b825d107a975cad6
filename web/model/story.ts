import type { CommandFrame, EventFrame } from '../api/wire.js';
import type { Opened } from '../engine/protocol.js';
import type { Engine } from './engine.js';
import type { LocalCase } from './local-case.js';
import { detailsOf, outcomeOf } from './words.js';

/** Result of a command, on one side of a story. */
export interface Happening {
  /** Its number in the history of that side. */
  readonly seq: number;
  readonly outcome: string;
  /** Events, a line each. */
  readonly events: readonly string[];
}

/** One side of a story: an exhibit with its mistake, or without. */
export interface Side {
  readonly opened: Opened;
  readonly commands: readonly CommandFrame[];
  readonly happenings: readonly Happening[];
}

/** Opens a case in the worker and reads all that happened. */
export async function sideOf(engine: Engine, from: LocalCase): Promise<Side> {
  const opened = await engine.call('open', { from });
  const frames: (CommandFrame | EventFrame)[] = [];
  while (frames.length < opened.head) {
    const limit = opened.head - frames.length;
    const more = await engine.call('frames', { run: opened.run, after: frames.length, limit });
    if (more.length === 0) break;
    frames.push(...more);
  }
  return { opened, ...happeningsOf(frames) };
}

/** Gathers the events of each command. */
export function happeningsOf(
  frames: readonly (CommandFrame | EventFrame)[],
): Pick<Side, 'commands' | 'happenings'> {
  const commands: CommandFrame[] = [];
  const happenings: { seq: number; outcome: string; events: string[] }[] = [];
  for (const frame of frames) {
    if ('command' in frame && frame.type === 'command') {
      commands.push(frame);
      happenings.push({ seq: frame.seq, outcome: outcomeOf(frame.outcome), events: [] });
    } else if (frame.type === 'event') {
      happenings.at(-1)?.events.push(`${frame.event.kind} ${detailsOf(frame.event)}`);
    }
  }
  return { commands, happenings };
}

/** Lines of one side that the other does not have, each as often as it is more. */
export function ownLines(lines: readonly string[], others: readonly string[]): ReadonlySet<number> {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  const own = new Set<number>();
  for (const [index, line] of lines.entries()) {
    const count = left.get(line) ?? 0;
    if (count === 0) own.add(index);
    else left.set(line, count - 1);
  }
  return own;
}

/** The first command behind which the two sides differ; null if they never do. */
export function firstDifference(one: Side, other: Side): number | null {
  const length = Math.max(one.happenings.length, other.happenings.length);
  for (let i = 0; i < length; i += 1) {
    const [a, b] = [one.happenings[i], other.happenings[i]];
    const isSame = a?.outcome === b?.outcome && a?.events.join() === b?.events.join();
    if (!isSame) return i;
  }
  return null;
}
