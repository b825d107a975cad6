import { figure } from '../view/figure.js';
import type { Desk } from './desk.js';
import { toViolation } from './lane-actions.js';

/** Buttons for what keys do as well. */
export function LaneTools({ desk }: { readonly desk: Desk }) {
  const { from, to } = desk.view.value;
  const { head } = desk.extent.value;
  const found = desk.violationCount.value;
  return (
    <div class="lane-tools" role="toolbar" aria-label="Window">
      {desk.source.follow !== null && <LiveTools desk={desk} />}
      <span class="lane-tools-group">
        <button type="button" aria-label="Farther" onClick={() => desk.zoom(1.5)}>
          &minus;
        </button>
        <button type="button" aria-label="Nearer" onClick={() => desk.zoom(0.66)}>
          +
        </button>
        <button type="button" onClick={desk.showAll}>
          All <kbd>0</kbd>
        </button>
      </span>
      {found > 0 && (
        <button type="button" class="lane-tools-bad" onClick={() => void toViolation(desk, 1)}>
          {figure(found)} violation{found === 1 ? '' : 's'} <kbd>N</kbd>
        </button>
      )}
      <p class="lane-tools-range">
        seq {figure(Math.max(0, Math.floor(from)))} to {figure(Math.min(head, Math.ceil(to) - 1))}{' '}
        of {figure(head)}
      </p>
    </div>
  );
}

/** Buttons for a history that goes on. */
function LiveTools({ desk }: { readonly desk: Desk }) {
  return (
    <>
      <button
        type="button"
        aria-pressed={desk.isFollowing.value}
        onClick={() => desk.follow(!desk.isFollowing.value)}
      >
        Follow <kbd>L</kbd>
      </button>
      <button
        type="button"
        aria-pressed={desk.isFrozen.value}
        onClick={() => desk.freeze(!desk.isFrozen.value)}
      >
        Freeze <kbd>F</kbd>
      </button>
    </>
  );
}
