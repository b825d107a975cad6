import { useSignal } from '@preact/signals';
import type { WireRace } from '../api/wire.js';
import { CostBars } from './cost-bars.js';
import { CostCurves } from './cost-curves.js';
import { RaceParting } from './race-parting.js';
import { RaceTable } from './race-table.js';

/** Result of a race, or its state so far. */
export function RaceResult({ race }: { readonly race: WireRace }) {
  return (
    <>
      <section class="panel race-panel">
        <h2 class="panel-title">What each did</h2>
        <RaceTable race={race} />
        <Violations race={race} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">What it costs</h2>
        <CostBars race={race} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">Cost beyond that of {race.baseline}, over the commands</h2>
        <CostCurves race={race} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">Where they first part</h2>
        <RaceParting race={race} />
      </section>
      <Verdict text={race.verdict} />
    </>
  );
}

/** The policies under which the guest used a translation that the architecture forbids. */
function Violations({ race }: { readonly race: WireRace }) {
  const wrong = race.lanes.filter(({ firstViolation }) => firstViolation !== null);
  if (wrong.length === 0)
    return <p class="hint">No policy let the guest use a stale translation.</p>;
  return (
    <ul class="race-violations">
      {wrong.map(({ name, counters, firstViolation }) => (
        <li key={name} class="race-violation">
          <b>{name}</b>: {counters.violations} illegal use
          {counters.violations === 1 ? '' : 's'}, first at command {firstViolation?.command}.{' '}
          {firstViolation?.message}.
        </li>
      ))}
    </ul>
  );
}

function Verdict({ text }: { readonly text: string }) {
  const notice = useSignal('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notice.value = 'Copied';
    } catch {
      notice.value = 'Cannot copy: the browser does not allow it; select the text';
    }
  };
  return (
    <section class="panel race-panel">
      <h2 class="panel-title">Verdict</h2>
      <p class="race-copy">
        <button type="button" onClick={() => void copy()}>
          Copy verdict
        </button>
        <span role="status">{notice}</span>
      </p>
      <pre class="race-verdict">{text}</pre>
    </section>
  );
}
