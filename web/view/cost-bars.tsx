import type { WireLane, WireRace } from '../api/wire.js';

type Part = keyof WireLane['cost']['parts'];

/** Parts of the cost from the left; those in which policies differ come first. */
const PARTS: readonly Part[] = ['switch', 'load', 'sync', 'flush', 'lock', 'fault', 'exit'];

/** Cost of each policy as a bar of stacked parts. */
export function CostBars({ race: { lanes } }: { readonly race: WireRace }) {
  const most = Math.max(...lanes.map(({ cost }) => cost.total), 1);
  return (
    <>
      <ul class="cost-legend">
        {PARTS.map((part) => (
          <li key={part} class={`cost-key cost-${part}`}>
            {part}
          </li>
        ))}
      </ul>
      <dl class="cost-bars">
        {lanes.map(({ name, cost }) => (
          <div key={name} class="cost-row">
            <dt>{name}</dt>
            <dd>
              <span class="reader-only">{Math.round(cost.total)}</span>
              <Bar cost={cost} most={most} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Bar({ cost, most }: { readonly cost: WireLane['cost']; readonly most: number }) {
  let x = 0;
  return (
    <svg class="cost-bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      {PARTS.map((part) => {
        const width = (1000 * (cost.parts[part] ?? 0)) / most;
        const from = x;
        x += width;
        return (
          <rect key={part} class={`cost-${part}`} x={from} y={0} width={width} height={10}>
            <title>{`${part} ${Math.round(cost.parts[part] ?? 0)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
