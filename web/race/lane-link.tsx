import { useSignal } from '@preact/signals';
import type { RaceOrder, WireRace } from '../api/wire.js';
import { openCase } from '../case/held.js';
import { caseOfLane, type LaneMoment } from '../model/race-case.js';

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
    caseOfLane(source, order, at.lane)
      .then((from) => openCase(from, { seq: at.seq }))
      .catch((error: Error) => {
        failure.value = error.message;
      });
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
