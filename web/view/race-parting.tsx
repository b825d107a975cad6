import type { WireMmu, WireParting, WireRace } from '../api/wire.js';
import { detailsOf, operandsIn } from '../model/words.js';

type Side = WireParting['stay'];

/** The first command after which two policies differ, with the events and the state of each. */
export function RaceParting({ race: { partings } }: { readonly race: WireRace }) {
  const [first, ...later] = partings;
  if (first === undefined) return <p class="hint">All policies did the same.</p>;
  return (
    <>
      <Parting parting={first} />
      {later.length > 0 && (
        <details class="race-later">
          <summary>{later.length} later</summary>
          {later.map((parting) => (
            <Parting key={`${parting.at} ${parting.leave.lanes.join()}`} parting={parting} />
          ))}
        </details>
      )}
    </>
  );
}

function Parting({ parting: { at, command, stay, leave } }: { readonly parting: WireParting }) {
  return (
    <article class="parting">
      <p>
        Command {at}, <code>{command.kind}</code> {operandsIn(command)} on vCPU {command.vcpu}
      </p>
      <div class="parting-sides">
        <PartingSide side={stay} />
        <PartingSide side={leave} />
      </div>
    </article>
  );
}

function PartingSide({ side: { lanes, state, events } }: { readonly side: Side }) {
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
        <Fact name="root_mmu" value={rootsOf(state.rootMmu)} />
        <Fact name="guest_mmu" value={rootsOf(state.guestMmu)} />
        <Fact name="requests" value={state.requests.join(' ') || 'none'} />
      </dl>
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

/** The current root, then `prev_roots`; `*` marks one that needs a sync or a flush. */
function rootsOf({ root, prevRoots }: WireMmu): string {
  return [root, ...prevRoots]
    .map((slot) => (slot === null ? '-' : `${slot.pgd}${slot.unsync ? '*' : ''}`))
    .join(' ');
}
