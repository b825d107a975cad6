import type { RaceOrder, WireParting, WireRace } from '../api/wire.js';
import { rootsText } from '../model/roots-text.js';
import { detailsOf, operandsIn } from '../model/words.js';
import { LaneLink } from './lane-link.js';

type Side = WireParting['stay'];

interface Props {
  readonly race: WireRace;
  readonly order: RaceOrder | null;
}

/** The first command after which two policies differ, with the events and the state of each. */
export function RaceParting({ race, order }: Props) {
  const [first, ...later] = race.partings;
  if (first === undefined) return <p class="hint">All policies did the same.</p>;
  return (
    <>
      <Parting parting={first} race={race} order={order} />
      {later.length > 0 && (
        <details class="race-later">
          <summary>{later.length} later</summary>
          {later.map((parting) => (
            <Parting
              key={`${parting.at} ${parting.leave.lanes.join()}`}
              {...{ parting, race, order }}
            />
          ))}
        </details>
      )}
    </>
  );
}

function Parting(props: Props & { readonly parting: WireParting }) {
  const { race, order } = props;
  const { at, command, stay, leave } = props.parting;
  return (
    <article class="parting">
      <p>
        Command {at}, <code>{command.kind}</code> {operandsIn(command)} on vCPU {command.vcpu}
      </p>
      <div class="parting-sides">
        <PartingSide side={stay} race={race} order={order} />
        <PartingSide side={leave} race={race} order={order} />
      </div>
    </article>
  );
}

function PartingSide({ side, race, order }: Props & { readonly side: Side }) {
  const { lanes, seq, state, events } = side;
  const lane = race.lanes.find(({ name }) => name === lanes[0]);
  return (
    <section class="parting-side">
      <h3>{lanes.join(', ')}</h3>
      <ol class="parting-events">
        {events.map((event, place) => (
          // Events of one command have no key but their place.
          <li key={place}>
            <b>{event.kind}</b> {detailsOf(event)}
          </li>
        ))}
      </ol>
      <dl class="parting-state">
        <Fact name="root_mmu" value={rootsText(state.rootMmu)} />
        <Fact name="guest_mmu" value={rootsText(state.guestMmu)} />
        <Fact name="requests" value={state.requests.join(' ') || 'none'} />
      </dl>
      {lane !== undefined && (
        <LaneLink
          {...{ race, order }}
          at={{ lane, seq }}
          words={`This moment under ${lane.name}`}
        />
      )}
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
