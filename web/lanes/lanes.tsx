import { useComputed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { useActions } from '../shell/actions.js';
import { lag } from '../shell/lag.js';
import { Axis } from './axis.js';
import type { Desk } from './desk.js';
import { Gutter } from './gutter.js';
import { laneActions } from './lane-actions.js';
import { LaneTable } from './lane-table.js';
import { LaneTools } from './lane-tools.js';
import { Legend } from './legend.js';
import { Minimap } from './minimap.js';
import { Plot } from './plot.js';
import { Reading } from './reading.js';

/** Units of type that the page has around the rows. */
const UNITS_AROUND = 29;

interface Props {
  readonly desk: Desk;
  /** The VM whose moments are opened; null for a run in the page. */
  readonly vm: string | null;
}

/** Lanes over time. */
export function Lanes({ desk, vm }: Props) {
  useActions(useMemo(() => laneActions(desk, vm), [desk, vm]));
  const isGone = useComputed(() => lag.value.kind === 'gone' || lag.value.kind === 'retrying');
  useEffect(() => {
    const measure = () => {
      const unit = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      desk.room.value = innerHeight / unit - UNITS_AROUND;
    };
    measure();
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, [desk]);
  return (
    <section class="lanes" aria-label="Lanes over time" data-gone={isGone.value}>
      <LaneTools desk={desk} />
      <Minimap desk={desk} />
      <div class="lanes-top">
        <Axis desk={desk} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keys */}
      <section class="lanes-scroll" tabIndex={0} aria-label="Rows of the vCPUs">
        <Gutter desk={desk} />
        <Plot desk={desk} vm={vm} />
      </section>
      <Reading desk={desk} vm={vm} />
      <Legend isTraced={desk.traced.value !== null} />
      <LaneTable desk={desk} />
    </section>
  );
}
