import type { Moment, Oracle } from '../state/index.js';

/** The clock moves on: something happened, on behalf of the command that is being carried out. */
export function momentNow(oracle: Oracle): Moment {
  const { nth, kind } = oracle.command;
  return { time: timeNow(oracle), nth, by: kind };
}

/** The present time, where an order is all that is needed. */
export function timeNow(oracle: Oracle): number {
  oracle.clock += 1;
  return oracle.clock;
}

/** The latest of some moments. */
export function latest(first: Moment, ...others: readonly (Moment | undefined)[]): Moment {
  let found = first;
  for (const moment of others) {
    if (moment !== undefined && moment.time > found.time) found = moment;
  }
  return found;
}
