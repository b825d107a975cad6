import type { TraceScore } from '../../lab/index.js';
import type { ScoredTrace } from './trace-job.js';

/** Commands of one piece: so many are written in a millisecond or so. */
const PIECE_COMMANDS = 500;

/** A scored trace without the commands of its VMs, as JSON. */
export interface WrittenTrace {
  readonly verdict: ScoredTrace['verdict'];
  readonly score: Omit<TraceScore, 'census'> & {
    readonly census: Omit<TraceScore['census'], 'events' | 'unread'> & {
      readonly events: readonly (readonly [string, { count: number }])[];
      readonly unread: readonly (readonly [string, Unread])[];
    };
  };
}

type KeptCommand = TraceScore['vms'][number]['commands'][number];

type Unread = TraceScore['census']['unread'] extends Map<string, infer V> ? V : never;

/** Some commands of one VM of a trace. */
export interface TracePiece {
  /** Place of the VM in the score. */
  readonly place: number;
  readonly commands: readonly KeptCommand[];
}

/** Writes all of a scored trace but its commands, which may be many. */
export function writtenTrace({ score, verdict }: ScoredTrace): WrittenTrace {
  const { census, vms } = score;
  const { events, unread } = census;
  return {
    verdict,
    score: {
      ...score,
      census: { ...census, events: [...events], unread: [...unread] },
      vms: vms.map((vm) => ({ ...vm, commands: [] })),
    },
  };
}

/** The commands of a scored trace in pieces, always in the same order. */
export function* tracePieces({ score }: ScoredTrace): Generator<TracePiece> {
  for (const [place, { commands }] of score.vms.entries()) {
    for (let from = 0; from < commands.length; from += PIECE_COMMANDS) {
      yield { place, commands: commands.slice(from, from + PIECE_COMMANDS) };
    }
  }
}

/** The inverse of {@link writtenTrace} and {@link tracePieces}. */
export function readTrace(
  { score, verdict }: WrittenTrace,
  pieces: readonly TracePiece[],
): ScoredTrace {
  const { census, vms } = score;
  const commands = vms.map((): KeptCommand[] => []);
  for (const piece of pieces) commands[piece.place]?.push(...piece.commands);
  return {
    verdict,
    score: {
      ...score,
      census: { ...census, events: new Map(census.events), unread: new Map(census.unread) },
      vms: vms.map((vm, place) => ({ ...vm, commands: commands[place] ?? [] })),
    },
  };
}
