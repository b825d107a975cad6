import { addLane, pagesOfRace, type RaceResult, resultSteps, runCommand } from '../lab/index.js';
import type { JobWork } from './jobs.js';
import type { RaceTrack } from './race-request.js';
import { VERSION } from './version.js';

/** A race as the work of a job: a lane is made, or a command is run, at each step. */
export function raceWork(track: RaceTrack): JobWork<RaceResult> {
  return { total: track.count, steps: raceSteps(track), pages: () => pagesOfRace(track.race) };
}

function* raceSteps({ race, commands, source }: RaceTrack): Generator<number, RaceResult> {
  while (addLane(race)) yield 0;
  for (const command of commands) {
    runCommand(race, command);
    yield race.commands;
  }
  const finishing = resultSteps(race, { source, version: VERSION });
  for (;;) {
    const { done, value } = finishing.next();
    if (done === true) return value;
    yield race.commands;
  }
}
