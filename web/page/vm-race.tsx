import { LiveRace } from '../race/live-race.js';
import type { Params } from '../shell/path.js';

/** The page of the race of the lanes beside a VM. */
export function View({ params: { vm = '' } }: { readonly params: Params }) {
  return <LiveRace vm={vm} />;
}
