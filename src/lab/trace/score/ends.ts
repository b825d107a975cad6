import type { Command, VmConfigInput } from '../../../mmu/schema/index.js';
import {
  createRace,
  type LaneSpec,
  type PriceList,
  pagesOfRace,
  type Race,
  type RaceResult,
  resultOf,
  runCommand,
} from '../../race/index.js';
import type { Placed, Window } from '../reconstruct/window.js';

/** The two ends of what is uncertain: each guessed command did as little, or as much, as it may. */
export type End = 'least' | 'most';

/** The policies, over both ends of a VM's commands. */
export interface EndsRun {
  take(window: Window): void;
  /** Results by end. Where nothing was guessed both are one. */
  results(name: string, version: string): Record<End, RaceResult>;
  /** Memory of the machines, in pages of 4 KiB. */
  pages(): number;
}

/** Settings of the policies that are compared. */
export interface EndsSetup {
  readonly config: VmConfigInput;
  readonly lanes: readonly LaneSpec[];
  readonly prices: PriceList;
  readonly guestCycles: number;
  /** Whether a command may be guessed: then there are two races. */
  readonly isUncertain: boolean;
}

export function createEnds(setup: EndsSetup): EndsRun {
  // The bound of a stream would need all of it, and memory for all of it.
  const raced = { ...setup, isRecorded: false };
  const least = createRace(raced);
  const most = setup.isUncertain ? createRace(raced) : least;
  const run = (race: Race, window: Window, of: (placed: Placed) => readonly Command[]) => {
    for (const placed of window.placed) {
      for (const command of of(placed)) runCommand(race, command);
    }
  };
  return {
    take(window) {
      if (least === most) run(least, window, ({ command }) => [command]);
      else {
        run(least, window, (placed) => placed.least ?? [placed.command]);
        run(most, window, (placed) => placed.most ?? [placed.command]);
      }
    },
    results(name, version) {
      const ran = { source: { kind: 'commands', name }, version } as const;
      const result = resultOf(least, ran);
      return { least: result, most: most === least ? result : resultOf(most, ran) };
    },
    pages: () => pagesOfRace(least) + (most === least ? 0 : pagesOfRace(most)),
  };
}
