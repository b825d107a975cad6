import { pagesOfRace, type RaceResult, raceSteps, resultSteps } from '../../lab/index.js';
import { VERSION } from '../wire/version.js';
import type { JobWork } from './job.js';
import type { RaceTrack } from './race-request.js';

/** A race as the work of a job: a lane is made, or a command is run, at each step. */
export function raceWork(track: RaceTrack): JobWork<RaceResult> {
  return { total: track.count, steps: stepsOf(track), pages: () => pagesOfRace(track.race) };
}

function* stepsOf({ race, commands, source }: RaceTrack): Generator<number, RaceResult> {
  yield* raceSteps(race, commands);
  const finishing = resultSteps(race, { source, version: VERSION });
  for (;;) {
    const { done, value } = finishing.next();
    if (done === true) return value;
    yield race.commands;
  }
}
