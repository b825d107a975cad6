import type { Moment } from './moments.js';

/** The moments that one step leads to. */
export function stepsOf({ seq, head, oldest, previous, command, events }: Moment) {
  const within = (to: number) => Math.min(Math.max(to, oldest), head);
  const first = command?.seq ?? 0;
  return {
    back: within(seq - 1),
    on: within(seq + 1),
    commandBack: within(seq > first ? first : previous),
    commandOn: within(first + events.length + 1),
  };
}
