import type {
  Catch,
  Exhibit,
  Interval,
  PresetName,
  PriceName,
  RaceCounters,
  Weighed,
} from '../../src/lab/index.js';
import type { Difference } from '../../src/mmu/schema/index.js';
import type { Timeline } from '../api/timeline.js';
import type { CommandFrame, EventFrame, WireCaseFile, WireCommand } from '../api/wire.js';
import type { CommandShape } from '../model/command-shape.js';
import type { LocalCase, PolicyChanges } from '../model/local-case.js';
import type { Moments } from '../model/moments.js';

/** A run that the worker holds. */
export interface Opened {
  readonly run: number;
  /** `seq` before the first record: 0, if the run does not begin amid the past of a VM. */
  readonly start: number;
  /** `seq` of the newest record. */
  readonly head: number;
  readonly commands: number;
  readonly vcpus: number;
  readonly policy: string;
  readonly kernel: string;
  readonly paging: string;
  readonly defects: readonly string[];
  /** Violations that the oracle has found. */
  readonly violations: number;
  /** SHA-256 of the state at the end, as a case file has it. */
  readonly digest: string;
  /** The failure of the model that ended the run, or its refusal of a command; null if all went well. */
  readonly failure: string | null;
}

/** A violation, and the frames that explain it. */
export interface Found {
  readonly seq: number;
  readonly vcpu: number;
  readonly rule: string;
  readonly message: string;
}

/** A run of the same commands under other rules. */
export interface Parted {
  readonly opened: Opened;
  /** Where the two differ for the first time; null if they never do. */
  readonly parting: {
    /** Index of the command. */
    readonly at: number;
    /** Its `seq` in the run that was given, and in the other one. */
    readonly seq: number;
    readonly otherSeq: number;
    /** The first differences of the states behind it: `a` is the run that was given. */
    readonly differences: readonly Difference[];
  } | null;
}

/** A window of a run. */
export interface TimelineAsked {
  readonly from: number;
  /** Null for the newest. */
  readonly to: number | null;
  readonly buckets: number;
  /** Left out for all. */
  readonly vcpus?: readonly number[];
}

/** Something with a name, and a sentence about it. */
export interface Named {
  readonly name: string;
  readonly summary: string;
}

/** Cases to open, and rules to switch. */
export interface Catalogue {
  readonly exhibits: readonly Named[];
  readonly workloads: readonly Named[];
  readonly policies: readonly Named[];
  readonly defects: readonly Named[];
}

/** An exhibit of the museum, as its label tells. */
export interface ExhibitLabel extends Pick<Exhibit, 'name' | 'hall' | 'title' | 'what' | 'where'> {
  /** Commit that mended it, mail that proposed it, or `mutant`. */
  readonly source: string;
  readonly judge: Exhibit['judge'];
  /** Releases that have it, in words; null if none ever had. */
  readonly releases: string | null;
}

/** Finding of the judges about the scene of an exhibit, with the mistake in it. */
export interface ExhibitFinding {
  readonly label: ExhibitLabel;
  /** Commands that only prepare the machine. */
  readonly stageCommands: number;
  readonly caught: Catch | null;
}

/** Prices of a race, or of a list; those that are absent are those of the base. */
export interface GivenPrices {
  readonly base: PresetName | null;
  readonly prices: Readonly<Partial<Record<PriceName, Interval>>>;
}

/** Calls that the page may make, each with its operands and its answer. */
export interface Calls {
  catalogue: { takes: object; gives: Catalogue };
  /** Every kind of command with its fields. */
  shapes: { takes: object; gives: readonly CommandShape[] };
  exhibits: { takes: object; gives: readonly ExhibitLabel[] };
  /** Plays the scene of an exhibit to its judges. */
  judged: { takes: { readonly exhibit: string }; gives: ExhibitFinding };
  /** Lays prices upon the counts of the lanes of a race, against the one with the index `baseline`. */
  weigh: {
    takes: {
      readonly lanes: readonly RaceCounters[];
      readonly baseline: number;
      readonly prices: GivenPrices;
    };
    gives: readonly Weighed[];
  };
  open: { takes: { readonly from: LocalCase }; gives: Opened };
  close: { takes: { readonly run: number }; gives: null };
  /** Runs more commands; all of them, or none behind the first one that is refused. */
  more: {
    takes: { readonly run: number; readonly commands: readonly WireCommand[] };
    gives: Opened;
  };
  /**
   * Runs the same commands under other rules, in a run of its own: from the beginning, or with the
   * state behind the first `from` of them taken over.
   */
  part: {
    takes: { readonly run: number; readonly changes: PolicyChanges; readonly from: number };
    gives: Parted;
  };
  /** `seq` in another run of the same commands; of its head, if that run is shorter. */
  counterpart: {
    takes: { readonly run: number; readonly other: number; readonly seq: number };
    gives: number;
  };
  /** Commands up to a moment, that of the moment included. */
  commandsBehind: {
    takes: { readonly run: number; readonly seq: number };
    gives: number;
  };
  moment: On<'moment'>;
  walk: On<'walk'>;
  tlb: On<'tlb'>;
  allowed: On<'allowed'>;
  explain: On<'explain'>;
  shadowPages: On<'shadowPages'>;
  shadowPage: On<'shadowPage'>;
  why: On<'why'>;
  /** Records behind `after`, at most `limit`. */
  frames: {
    takes: { readonly run: number; readonly after: number; readonly limit: number };
    gives: readonly (CommandFrame | EventFrame)[];
  };
  timeline: { takes: TimelineAsked & { readonly run: number }; gives: Timeline };
  violations: { takes: { readonly run: number }; gives: readonly Found[] };
  /** The run as a case file, which `mmulab` reads as well. */
  export: { takes: { readonly run: number }; gives: WireCaseFile };
}

/** A question about a moment of a run. */
interface On<K extends keyof Moments> {
  takes: { readonly run: number; readonly of: Parameters<Moments[K]> };
  gives: Awaited<ReturnType<Moments[K]>>;
}

export type CallName = keyof Calls;

/** To the worker. Calls are answered in any order. */
export type ToWorker =
  | { readonly kind: 'call'; readonly id: number; readonly name: CallName; readonly takes: object }
  | { readonly kind: 'cancel'; readonly id: number };

/** From the worker. A cancelled call is answered as well. */
export type FromWorker =
  | { readonly kind: 'done'; readonly id: number; readonly gives: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }
  /** Share of the work that is done, from 0 to 1. */
  | { readonly kind: 'progress'; readonly id: number; readonly share: number };

/** Runs that the worker holds at most: a lane each. */
export const RUNS_MAX = 8;

/** Commands of one run at most. */
export const RUN_COMMANDS_MAX = 500_000;

/** Records of one answer at most. */
export const FRAMES_MAX = 1000;
