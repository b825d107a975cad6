import { useSignal } from '@preact/signals';
import type { RaceOrder, WireRace } from '../api/wire.js';
import { fragmentOfLane, type LaneMoment } from '../model/race-case.js';
import { caseHref } from '../shell/place.js';
import { navigate } from '../shell/router.js';

interface Props {
  readonly race: Pick<WireRace, 'source'>;
  readonly order: RaceOrder | null;
  readonly at: LaneMoment;
  readonly words: string;
}

/** Leads to a moment of a lane, which is replayed in the page. */
export function LaneLink({ race: { source }, order, at, words }: Props) {
  const failure = useSignal('');
  const open = () =>
    fragmentOfLane(source, order, at).then(
      (fragment) => navigate(caseHref(fragment)),
      (error: Error) => {
        failure.value = error.message;
      },
    );
  return (
    <p class="lane-link">
      <button type="button" onClick={() => void open()}>
        {words}
      </button>
      <span class="failure" role="alert">
        {failure}
      </span>
    </p>
  );
}
