import { PRICE_NAMES, PRICED, type PriceList, type PriceName } from '../prices/index.js';
import { type Tally, withNothing } from '../tally.js';
import { type Clock, createClock, finish, type Section, work } from './clock.js';

/** The replay of one machine, at the values of a price list. */
export interface Replay {
  readonly clock: Clock;
  readonly prices: PriceList['prices'];
  /** Cycles of the guest's own work in each command. */
  readonly guest: number;
  /** Counts that were replayed. */
  readonly before: Record<PriceName, number>;
}

/** Time of a machine's work if its vCPUs do it side by side, in cycles. */
export interface Elapsed {
  /** Cycles until the last vCPU has done. */
  readonly elapsed: number;
  readonly lockWait: number;
  readonly lockWaits: number;
  readonly lockHeld: number;
  /** Share of the time in which vCPUs worked, from 0 to 1. */
  readonly utilisation: number;
}

export function createReplay(vcpus: number, { prices }: PriceList, guest: number): Replay {
  const before = Object.fromEntries(PRICE_NAMES.map((name) => [name, 0])) as Replay['before'];
  return { clock: createClock(vcpus), prices, guest, before };
}

/**
 * Turns what a command was counted for into work of its vCPU: what passes under the lock in as many
 * sections as it took the lock, the rest before, between and after them in equal parts.
 */
export function replayCommand(replay: Replay, vcpu: number, { counters, last }: Tally): void {
  const { prices, before, clock, guest } = replay;
  const counted = withNothing(counters);
  const locks = counted.mmuLock - before.mmuLock;
  // A vCPU that is kicked pays for its exit itself.
  let free = guest - last.kicked.length * prices.exit.value;
  let held = 0;
  for (const name of PRICE_NAMES) {
    const amount = PRICED[name].countOf(counted);
    const more = amount - before[name];
    if (more === 0) continue;
    before[name] = amount;
    const cycles = more * prices[name].value;
    const share = locks === 0 ? 0 : PRICED[name].held;
    held += cycles * share;
    free += cycles * (1 - share);
  }
  const sections = sectionsOf({ free, held, locks }, [...last.kicked]);
  work(clock, { vcpu, sections, exit: prices.exit.value });
}

/** The result so far. The replay can go on after it. */
export function elapsedOf({ clock: running, prices }: Replay): Elapsed {
  const queues = running.queues.map((queue) => [...queue]);
  const clock = { ...running, now: [...running.now], queues };
  const elapsed = finish(clock, prices.exit.value);
  const { lockWait, lockWaits, lockHeld, busy, now } = clock;
  const active = now.filter((time) => time > 0).length;
  const utilisation = elapsed === 0 ? 0 : busy / (elapsed * active);
  return { elapsed, lockWait, lockWaits, lockHeld, utilisation };
}

function sectionsOf(
  { free, held, locks }: { free: number; held: number; locks: number },
  kicked: readonly number[],
): Section[] {
  const between = { cycles: free / (locks + 1), isLocked: false, kicked: [] };
  const sections: Section[] = [];
  for (let lock = 0; lock < locks; lock += 1) {
    const isLast = lock === locks - 1;
    sections.push(between, { cycles: held / locks, isLocked: true, kicked: isLast ? kicked : [] });
  }
  return [...sections, locks === 0 ? { ...between, kicked } : between];
}
