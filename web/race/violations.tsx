import type { RaceOrder, WireRace } from '../api/wire.js';
import { LaneLink } from './lane-link.js';

interface Props {
  readonly race: WireRace;
  readonly order: RaceOrder | null;
}

/** The policies under which the guest used a translation that the architecture forbids. */
export function Violations({ race, order }: Props) {
  const wrong = race.lanes.filter(({ firstViolation }) => firstViolation !== null);
  if (wrong.length === 0)
    return <p class="hint">No policy let the guest use a stale translation.</p>;
  return (
    <ul class="race-violations">
      {wrong.map((lane) => (
        <li key={lane.name} class="race-violation">
          <p>
            <b>{lane.name}</b>: {lane.counters.violations} illegal use
            {lane.counters.violations === 1 ? '' : 's'}, first at command{' '}
            {lane.firstViolation?.command}. {lane.firstViolation?.message}.
          </p>
          {lane.firstViolation !== null && (
            <LaneLink
              race={race}
              order={order}
              at={{ lane, seq: lane.firstViolation.seq }}
              words={`Look at it under ${lane.name}`}
            />
          )}
        </li>
      ))}
    </ul>
  );
}
