import { differenceOf, percentOf, type Standing } from '../model/standings.js';

/** Difference of each lane to the one it is held against: a bar over all prices, a tick at their values. */
export function Standings({ standings }: { readonly standings: readonly Standing[] }) {
  const ends = standings.flatMap(({ weighed }) => {
    const { low, high } = differenceOf(weighed);
    return [Math.abs(low), Math.abs(high)];
  });
  const most = Math.max(...ends, 0.001);
  return (
    <>
      <p class="standing-scale" aria-hidden="true">
        <span>{percentOf(-most)} %</span>
        <span>cheaper</span>
        <span>0</span>
        <span>dearer</span>
        <span>{percentOf(most)} %</span>
      </p>
      <ol class="standings">
        {standings.map((standing) => (
          <Row key={standing.names.join()} standing={standing} most={most} />
        ))}
      </ol>
    </>
  );
}

function Row({ standing, most }: { readonly standing: Standing; readonly most: number }) {
  const { names, weighed, isBaseline, lane } = standing;
  const { value, low, high } = differenceOf(weighed);
  return (
    <li
      class="standing"
      data-names={names.join(' ')}
      data-standing={weighed.comparison.standing}
      data-baseline={isBaseline}
    >
      <span class="standing-names">
        {names.map((name, index) => (
          <span key={name}>
            {index > 0 && <span class="standing-tie"> = </span>}
            {name}
          </span>
        ))}
        {lane.counters.violations > 0 && (
          <b class="standing-stale"> stale {lane.counters.violations}</b>
        )}
      </span>
      <svg
        class="standing-bar"
        viewBox="-100 0 200 16"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <line class="standing-zero" x1="0" x2="0" y1="0" y2="16" />
        <rect
          class="standing-range"
          x={(100 * low) / most}
          width={Math.max((100 * (high - low)) / most, 0.4)}
          y="4"
          height="8"
        />
        <line
          class="standing-value"
          x1={(100 * value) / most}
          x2={(100 * value) / most}
          y1="1"
          y2="15"
        />
      </svg>
      <span class="standing-figures">
        {isBaseline ? 'baseline' : `${percentOf(value)} %`}
        {low !== high && (
          <small>
            {' '}
            {percentOf(low)} to {percentOf(high)}
          </small>
        )}
      </span>
      {!isBaseline && <span class="standing-text">{weighed.comparison.text}</span>}
    </li>
  );
}
