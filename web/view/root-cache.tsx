import type { Signal } from '@preact/signals';
import type { WireVcpu } from '../api/wire.js';
import type { LastRootEvent } from '../model/activity.js';
import { type PlacedRoot, placedRootsOf, slotNamesOf } from '../model/placed-roots.js';
import { detailsOf } from '../model/words.js';

/** Slots in a row of a wide window; the style sheet stacks them in a narrow one. */
const SLOTS_PER_ROW = 4;

interface Props {
  readonly name: WireVcpu['mmu'];
  readonly state: WireVcpu;
  readonly last: LastRootEvent | undefined;
  /** Host address of the root whose shadow pages are shown. */
  readonly picked: Signal<string | null>;
}

/**
 * The roots of one MMU: the current one, then `prev_roots`.
 *
 * Slots stay where they are and show as holes; the roots lie over them and slide as they rotate.
 */
export function RootCache({ name, state, last, picked }: Props) {
  const mmu = name === 'root' ? state.rootMmu : state.guestMmu;
  const inUse = state.mmu === name;
  const title = `vcpu-${state.vcpu}-${name}`;
  return (
    <section class="row" data-mmu={name} aria-labelledby={title}>
      <h3 class="row-title" id={title}>
        {name}_mmu
        <span class="in-use" data-on={inUse} aria-hidden={!inUse}>
          arch.mmu
        </span>
      </h3>
      <div class="row-body">
        <div class="cache">
          <ol class="slots" aria-hidden="true">
            {slotNamesOf(mmu).map((slot) => (
              <li key={slot} class="slot">
                <span class="slot-name">{slot}</span>
              </li>
            ))}
          </ol>
          <ul class="roots">
            {placedRootsOf(mmu).map((placed) => (
              <Root key={placed.key} placed={placed} picked={picked} />
            ))}
          </ul>
        </div>
        <p class="last-root" key={last?.seq}>
          {last === undefined ? '' : `${last.event.kind} ${detailsOf(last.event)}`}
        </p>
      </div>
    </section>
  );
}

interface RootProps extends Pick<Props, 'picked'> {
  readonly placed: PlacedRoot;
}

function Root({ placed: { slot, root }, picked }: RootProps) {
  const name = slot === 0 ? 'current' : `prev${slot - 1}`;
  const position = {
    '--slot': slot,
    '--column': slot % SLOTS_PER_ROW,
    '--row': Math.floor(slot / SLOTS_PER_ROW),
  };
  const isPicked = picked.value === root.hpa;
  const debt = root.unsync ? ', unsync: it owes a sync or a flush before it is used again' : '';
  return (
    <li
      class="root"
      style={position}
      data-slot={name}
      data-unsync={root.unsync}
      title={`${name}: pgd ${root.pgd}, hpa ${root.hpa}${debt}`}
    >
      <span class="reader-only">{name} </span>
      <span class="root-pgd">{root.pgd}</span>
      <span class="root-hpa">{root.hpa}</span>
      {root.unsync && <span class="root-unsync">unsync</span>}
      <button
        type="button"
        class="root-pick"
        aria-pressed={isPicked}
        aria-label={`Shadow pages below ${root.hpa}, ${name}`}
        onClick={() => {
          picked.value = isPicked ? null : root.hpa;
        }}
      />
    </li>
  );
}
