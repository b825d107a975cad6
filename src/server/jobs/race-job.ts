import { pagesOfRace, type RaceResult, raceSteps, resultSteps } from '../../lab/index.js';
import { VERSION } from '../wire/version.js';
import type { JobWork } from './job.js';
import type { PreparedRace } from './race-request.js';

/** Makes a race the work of a job. Each step makes a lane or runs a command. */
export function raceWork(prepared: PreparedRace): JobWork<RaceResult> {
  const { count, race } = prepared;
  return { total: count, steps: stepsOf(prepared), pages: () => pagesOfRace(race) };
}

function* stepsOf({ race, commands, source }: PreparedRace): Generator<number, RaceResult> {
  yield* raceSteps(race, commands);
  const finishing = resultSteps(race, { source, version: VERSION });
  for (;;) {
    const { done, value } = finishing.next();
    if (done === true) return value;
    yield race.commands;
  }
}
