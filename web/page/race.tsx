import { RaceView } from '../race/race-view.js';
import type { Params } from '../shell/path.js';

/** The page of a race: the form, and the race of a job if the path names one. */
export function View({ params }: { readonly params: Params }) {
  return <RaceView job={params.job ?? null} />;
}
