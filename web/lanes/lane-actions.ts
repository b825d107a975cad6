import type { Action } from '../shell/actions.js';
import { momentHref } from '../shell/links.js';
import { navigate } from '../shell/router.js';
import type { Desk } from './desk.js';

/** Share of the window that one press moves it by. */
const STEP = 0.2;

/** Factor of one press. */
const ZOOM = 0.66;

/** Everything that a key does to lanes. @param vm The VM whose moments are opened; null for none. */
export function laneActions(desk: Desk, vm: string | null): readonly Action[] {
  return [...seeing(desk), ...stepping(desk, vm)];
}

function seeing(desk: Desk): readonly Action[] {
  const group = 'Window';
  return [
    { group, key: 'a', text: 'Earlier', run: () => desk.move(-STEP) },
    { group, key: 'd', text: 'Later', run: () => desk.move(STEP) },
    { group, key: 'w', text: 'Nearer', run: () => desk.zoom(ZOOM) },
    { group, key: 's', text: 'Farther', run: () => desk.zoom(1 / ZOOM) },
    { group, key: '0', text: 'All of it', isCommand: true, run: desk.showAll },
    {
      group,
      key: 'Home',
      text: 'The beginning',
      isCommand: true,
      run: () => desk.show(toBeginning(desk)),
    },
    { group, key: 'End', text: 'The newest', isCommand: true, run: () => desk.follow(true) },
    {
      group,
      key: 'f',
      text: 'Freeze, or go on',
      isCommand: true,
      run: () => desk.freeze(!desk.isFrozen.value),
    },
    {
      group,
      key: 'l',
      text: 'Follow the newest, or stop',
      isCommand: true,
      run: () => desk.follow(!desk.isFollowing.value),
    },
  ];
}

function stepping(desk: Desk, vm: string | null): readonly Action[] {
  const group = 'Events';
  return [
    { group, key: 'ArrowLeft', text: 'The event before', run: () => stepBy(desk, -1) },
    { group, key: 'ArrowRight', text: 'The event behind', run: () => stepBy(desk, 1) },
    { group, key: 'ArrowUp', text: 'The row above', run: () => stepRow(desk, -1) },
    { group, key: 'ArrowDown', text: 'The row below', run: () => stepRow(desk, 1) },
    { group, key: 'n', text: 'Next violation', isCommand: true, run: () => toViolation(desk, 1) },
    {
      group,
      key: 'p',
      text: 'Previous violation',
      isCommand: true,
      run: () => toViolation(desk, -1),
    },
    {
      group,
      key: 'Enter',
      text: 'The moment of the selected event',
      run: () => {
        const seq = desk.selected.value;
        if (seq !== null && vm !== null) navigate(momentHref(vm, seq));
      },
    },
    { group, key: 'Escape', text: 'Select nothing', run: () => desk.select(null) },
  ];
}

function toBeginning({ view, extent }: Desk): { from: number; to: number } {
  const { oldest } = extent.value;
  return { from: oldest, to: oldest + view.value.to - view.value.from };
}

function stepBy(desk: Desk, step: number): void {
  const { from, to } = desk.view.value;
  desk.select((desk.selected.value ?? Math.round((from + to) / 2) - step) + step);
}

function stepRow(desk: Desk, step: number): void {
  const rows = desk.rows.value.filter(({ of }) => of.kind !== 'vcpu');
  const at = rows.findIndex(({ id }) => id === desk.row.value);
  const next = at === -1 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
  desk.selectRow(rows[next]?.id ?? null);
}

/** Selects the next violation of all that the history has, in either direction. */
export async function toViolation(desk: Desk, step: 1 | -1): Promise<void> {
  const { from, to } = desk.view.value;
  const at = desk.selected.value ?? (step > 0 ? from - 1 : to);
  // Of the whole history, a bucket is enough: violations are listed one by one.
  const whole = { from: null, to: null, buckets: 1 };
  const found = await desk.source.timeline(whole, new AbortController().signal).catch(() => null);
  const seqs = found?.violations.first.map(({ seq }) => seq) ?? [];
  const next =
    step > 0
      ? (seqs.find((seq) => seq > at) ?? seqs[0])
      : (seqs.findLast((seq) => seq < at) ?? seqs.at(-1));
  if (next === undefined) return;
  desk.follow(false);
  desk.select(next);
}
