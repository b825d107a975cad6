import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { VmSummary } from '../api/wire.js';
import { looks } from '../shell/theme.js';
import { fleetRows } from './fleet-rows.js';
import type { FleetWatch } from './fleet-watch.js';
import { createSketches } from './sketches.js';
import { useVirtual } from './virtual.js';
import { VmRow } from './vm-row.js';

interface Props {
  readonly vms: readonly VmSummary[];
  readonly fleet: FleetWatch;
}

/** Height of a row, in units of type: of one line, and of the two that a narrow screen needs. */
const ROW_UNITS = 3.2;
const ROW_UNITS_NARROW = 6.4;

/** The VMs, wrong ones first. Only the rows on the screen are there. */
export function VmTable({ vms, fleet }: Props) {
  const filter = useSignal('');
  const scroller = useRef<HTMLDivElement>(null);
  const sketches = useMemo(createSketches, []);
  useEffect(() => sketches.end, [sketches]);
  const rows = fleetRows(vms, filter.value);
  const rowPixels = useRowPixels();
  const { items, height } = useVirtual({ count: rows.length, rowPixels, scroller });
  return (
    <section class="fleet" aria-label="VMs">
      <div class="fleet-tools">
        <input
          class="fleet-filter"
          type="search"
          aria-label="Filter"
          placeholder="Filter: a name, tag:nightly, policy:need-sync, violations>0"
          value={filter.value}
          onInput={({ currentTarget }) => {
            filter.value = currentTarget.value;
          }}
        />
        <p class="hint" role="status">
          {rows.length === vms.length ? '' : `${rows.length} of ${vms.length}`}
        </p>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keys */}
      <div class="fleet-scroll" ref={scroller} tabIndex={0}>
        <ul class="fleet-rows" style={{ height: `${height}px` }}>
          {items.map(({ index, start, size }) => {
            const vm = rows[index];
            if (vm === undefined) return null;
            const place = { top: start, height: size };
            return (
              <VmRow key={vm.id} vm={vm} sketches={sketches} {...place} onDeleted={fleet.now} />
            );
          })}
        </ul>
      </div>
      {rows.length === 0 && <p class="hint fleet-none">No VM fits this filter.</p>}
      {fleet.hasMore.value && (
        <p class="hint fleet-none">There are more VMs than are listed here.</p>
      )}
    </section>
  );
}

function useRowPixels(): number {
  const pixels = useSignal(measured());
  useEffect(() => {
    const measure = () => {
      pixels.value = measured();
    };
    addEventListener('resize', measure);
    const stop = looks.subscribe(measure);
    return () => {
      removeEventListener('resize', measure);
      stop();
    };
  }, [pixels]);
  return pixels.value;
}

function measured(): number {
  const unit = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const isNarrow = matchMedia('(width < 60rem)').matches;
  return Math.round(unit * (isNarrow ? ROW_UNITS_NARROW : ROW_UNITS));
}
