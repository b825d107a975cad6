import { figure } from '../view/figure.js';
import { type Lag, lag } from './lag.js';

/** A picture is late if it is older than an eye forgives, or lacks more events than one look has. */
const LATE_MS = 1000;

/** Tells how far the picture lies behind the server. Screen readers are told when its kind changes. */
export function LagLamp() {
  const now = lag.value;
  if (now.kind === 'none') return null;
  const kind = now.kind === 'live' && now.ms > LATE_MS ? 'late' : now.kind;
  return (
    <p class={`lamp-lag lamp-lag-${kind}`}>
      <span class="lamp-lag-light" aria-hidden="true" />
      <span role="status">{wordOf(now, kind)}</span>
      <span class="lamp-lag-figures">{figuresOf(now)}</span>
    </p>
  );
}

function wordOf(now: Lag, kind: string): string {
  switch (now.kind) {
    case 'none':
      return '';
    case 'connecting':
    case 'live':
      return kind;
    case 'frozen':
      return 'frozen';
    case 'retrying':
      return 'no answer, retrying';
    case 'gone':
      return now.reason;
  }
}

function figuresOf(now: Lag): string {
  switch (now.kind) {
    case 'live':
      if (now.events === 0) return 'up to date';
      return `${counted(now.events)} behind, ${timeOf(now.ms)}`;
    case 'frozen':
      return `${counted(now.events)} behind`;
    case 'retrying':
      return `since ${timeOf(now.sinceMs)}`;
    default:
      return '';
  }
}

function counted(events: number): string {
  return events === 1 ? '1 event' : `${figure(events)} events`;
}

function timeOf(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`;
}
