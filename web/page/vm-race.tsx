import type { Params } from '../shell/path.js';
import { LiveRace } from '../view/live-race.js';

/** The page of the race of the lanes beside a VM. */
export function View({ params: { vm = '' } }: { readonly params: Params }) {
  return <LiveRace vm={vm} />;
}
