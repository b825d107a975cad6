import { useSignal } from '@preact/signals';
import type { Standing } from '../model/standings.js';
import { figure } from '../view/figure.js';

type Part = keyof Standing['weighed']['cost']['parts'];

/** Parts of the cost from the left; those in which policies differ come first. */
const PARTS: readonly Part[] = ['switch', 'load', 'sync', 'flush', 'lock', 'fault', 'exit'];

/** Parts that no policy changes much, and that would fill most of every bar. */
const COMMON: readonly Part[] = ['fault', 'exit'];

/** Cost of each lane as a bar of stacked parts, with those parts that are wanted. */
export function CostParts({ standings }: { readonly standings: readonly Standing[] }) {
  const shown = useSignal<readonly Part[]>(PARTS.filter((part) => !COMMON.includes(part)));
  const parts = PARTS.filter((part) => shown.value.includes(part));
  const totals = standings.map(({ weighed }) => sumOf(weighed.cost.parts, parts));
  const most = Math.max(...totals, 1);
  const toggle = (part: Part, isOn: boolean) => {
    shown.value = isOn ? [...shown.value, part] : shown.value.filter((one) => one !== part);
  };
  return (
    <>
      <fieldset class="cost-legend">
        <legend class="reader-only">Parts that are shown</legend>
        {PARTS.map((part) => (
          <label key={part} class={`cost-key cost-${part}`}>
            <input
              type="checkbox"
              name="part"
              value={part}
              checked={shown.value.includes(part)}
              onChange={({ currentTarget }) => toggle(part, currentTarget.checked)}
            />
            <span class="cost-swatch" aria-hidden="true" />
            {part}
          </label>
        ))}
      </fieldset>
      <dl class="cost-bars">
        {standings.map(({ names, weighed }, index) => (
          <div key={names.join()} class="cost-row">
            <dt>{names.join(' = ')}</dt>
            <dd>
              <Bar parts={parts} cost={weighed.cost.parts} most={most} />
            </dd>
            <dd class="cost-sum">{figure(Math.round((totals[index] ?? 0) / 1000))}</dd>
          </div>
        ))}
      </dl>
      <p class="hint">Thousands of cycles, at the values of the prices.</p>
    </>
  );
}

interface BarProps {
  readonly parts: readonly Part[];
  readonly cost: Readonly<Record<Part, number>>;
  readonly most: number;
}

function Bar({ parts, cost, most }: BarProps) {
  let x = 0;
  return (
    <svg class="cost-bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      {parts.map((part) => {
        const width = (1000 * cost[part]) / most;
        const from = x;
        x += width;
        return (
          <rect key={part} class={`cost-${part}`} x={from} y={0} width={width} height={10}>
            <title>{`${part} ${Math.round(cost[part])}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function sumOf(cost: Readonly<Record<Part, number>>, parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + cost[part], 0);
}
