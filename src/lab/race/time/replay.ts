import type { RaceCounters } from '../counters.js';
import { PRICE_NAMES, PRICED, type Priced, type PriceList } from '../prices/index.js';
import type { Tally } from '../tally.js';
import { add, advance, type Clock, copyOfClock, createClock, finish } from './clock.js';

/** The replay of one machine, at the values of a price list. */
export interface Replay {
  readonly clock: Clock;
  readonly bills: readonly Bill[];
  /** Bills among those for what the processor does without KVM. */
  readonly guestBills: readonly Bill[];
  /** Bills among all for counts that do not depend on the cause: to add up causes takes longest. */
  readonly plainBills: readonly Bill[];
  /** Cycles of an exit. */
  readonly exit: number;
  /** Cycles of the guest's own work in each command. */
  readonly guest: number;
  /** Acquisitions of `mmu_lock` that were replayed. */
  locks: number;
}

/** A thing that has a price, and how often it was replayed. */
interface Bill {
  readonly countOf: (counters: RaceCounters) => number;
  readonly cycles: number;
  /** Share that passes with `mmu_lock` held. */
  readonly held: number;
  replayed: number;
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
  const bills = PRICE_NAMES.map((name) => {
    const { countOf, held, isOfGuest = false, isByCause = false }: Priced = PRICED[name];
    return { countOf, cycles: prices[name].value, held, isOfGuest, isByCause, replayed: 0 };
  });
  const guestBills = bills.filter(({ isOfGuest }) => isOfGuest);
  const plainBills = bills.filter(({ isByCause }) => !isByCause);
  const exit = prices.exit.value;
  return { clock: createClock(vcpus), bills, guestBills, plainBills, exit, guest, locks: 0 };
}

/**
 * Turns what a command was counted for into work of its vCPU: what passes under the lock in as many
 * sections as it took the lock, the rest before, between and after them in equal parts.
 */
export function replayCommand(replay: Replay, vcpu: number, { counters, last }: Tally): void {
  const { exit, clock, guest } = replay;
  const locks = counters.mmuLock - replay.locks;
  replay.locks = counters.mmuLock;
  // A vCPU that is kicked pays for its exit itself.
  let free = guest - last.kicked.length * exit;
  let held = 0;
  for (const bill of billsAfter(replay, last)) {
    const amount = bill.countOf(counters);
    const more = amount - bill.replayed;
    if (more === 0) continue;
    bill.replayed = amount;
    const cycles = more * bill.cycles;
    const share = locks === 0 ? 0 : bill.held;
    held += cycles * share;
    free += cycles * (1 - share);
  }
  const kicked = last.kicked.length === 0 ? NOBODY : [...last.kicked];
  if (locks === 0) add(clock, vcpu, { cycles: free, isLocked: false, kicked });
  else addSections(clock, vcpu, { free, held, locks, kicked });
  advance(clock, exit);
}

/** The result so far. The replay can go on after it. */
export function elapsedOf({ clock: running, exit }: Replay): Elapsed {
  const clock = copyOfClock(running);
  const elapsed = finish(clock, exit);
  const { lockWait, lockWaits, lockHeld, busy, now } = clock;
  const active = now.filter((time) => time > 0).length;
  const utilisation = elapsed === 0 ? 0 : busy / (elapsed * active);
  return { elapsed, lockWait, lockWaits, lockHeld, utilisation };
}

/** The bills that can have grown in a command. */
function billsAfter(
  { bills, plainBills, guestBills }: Replay,
  last: Tally['last'],
): readonly Bill[] {
  if (!last.hasKvmActed) return guestBills;
  return last.hasCause ? bills : plainBills;
}

function addSections(
  clock: Clock,
  vcpu: number,
  of: { free: number; held: number; locks: number; kicked: readonly number[] },
): void {
  const { free, held, locks } = of;
  const between = { cycles: free / (locks + 1), isLocked: false, kicked: NOBODY };
  for (let lock = 0; lock < locks; lock += 1) {
    const kicked = lock === locks - 1 ? of.kicked : NOBODY;
    add(clock, vcpu, between);
    add(clock, vcpu, { cycles: held / locks, isLocked: true, kicked });
  }
  add(clock, vcpu, between);
}

const NOBODY: readonly number[] = [];
