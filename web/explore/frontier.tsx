import { useMemo } from 'preact/hooks';
import { Chart } from '../chart/chart.js';
import type { Look } from '../model/exploration.js';
import { figure } from '../view/figure.js';

/** The frontier of a search as it grew and shrank: what is known to be left to try. */
export function Frontier({ looks }: { readonly looks: readonly Look[] }) {
  const { at, curves } = useMemo(
    () => ({
      at: looks.map(({ tried }) => tried),
      curves: [{ name: 'frontier', values: looks.map(({ left }) => left) }],
    }),
    [looks],
  );
  if (looks.length < 2) return null;
  return (
    <section class="panel trace-part" aria-label="The frontier">
      <Chart
        at={at}
        curves={curves}
        atLabel="commands tried"
        label="Commands that are known to be left, over those that were tried"
        textOf={figure}
      />
    </section>
  );
}
