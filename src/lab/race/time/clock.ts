import { copyOf, createQueue, isEmpty, put, type Queue, type Section, take } from './queue.js';

/**
 * A discrete-event replay: every vCPU has a clock, sections under `mmu_lock` exclude each other, and
 * a vCPU that is kicked loses the time of an exit. Times are cycles.
 *
 * Commands are carried out in the order of the list, whatever the clocks say, because every policy
 * must see the same commands; the replay tells how long the same work takes if the vCPUs do it side
 * by side. The section that is asked for first, by the clocks, has the lock first.
 */
export interface Clock {
  /** Time of each vCPU. */
  readonly now: number[];
  /** Work of each vCPU that is still to be replayed. */
  readonly queues: readonly Queue[];
  /** Sections that wait in all queues. */
  waiting: number;
  lockFreeAt: number;
  /** Cycles that vCPUs waited for `mmu_lock`, and number of sections that had to wait. */
  lockWait: number;
  lockWaits: number;
  /** Cycles during which the lock was held. */
  lockHeld: number;
  /** Cycles of work of all vCPUs, without what they waited. */
  busy: number;
}

/**
 * Sections that may wait. A vCPU is behind as long as it has no work to replay, for its next command
 * may ask for the lock; beyond this bound it counts as idle, and its clock goes along.
 */
const WAITING_MAX = 65_536;

export function createClock(vcpus: number): Clock {
  return {
    now: Array.from({ length: vcpus }, () => 0),
    queues: Array.from({ length: vcpus }, createQueue),
    waiting: 0,
    lockFreeAt: 0,
    lockWait: 0,
    lockWaits: 0,
    lockHeld: 0,
    busy: 0,
  };
}

/** A clock that goes on by itself. A spread would give it another shape, and both would be slower. */
export function copyOfClock(clock: Clock): Clock {
  const { waiting, lockFreeAt, lockWait, lockWaits, lockHeld, busy } = clock;
  const now = [...clock.now];
  const queues = clock.queues.map(copyOf);
  return { now, queues, waiting, lockFreeAt, lockWait, lockWaits, lockHeld, busy };
}

/** Gives a vCPU work, for {@link advance} to replay. */
export function add(clock: Clock, vcpu: number, section: Section): void {
  put(clock.queues[vcpu] as Queue, section);
  clock.waiting += 1;
}

/** Replays what can be replayed by now. @param exit Cycles of an exit. */
export function advance(clock: Clock, exit: number): void {
  for (let next = earliest(clock); next !== null; next = earliest(clock)) replay(clock, next, exit);
}

/** Replays the rest. @returns The time of the vCPU that ends last. */
export function finish(clock: Clock, exit: number): number {
  for (let next = first(clock); next !== null; next = first(clock)) replay(clock, next, exit);
  return Math.max(0, ...clock.now);
}

/** The vCPU that is earliest of all, if it has work: nobody can come before it any more. */
function earliest(clock: Clock): number | null {
  if (clock.waiting > WAITING_MAX) return first(clock);
  const { now, queues } = clock;
  let least = 0;
  for (let vcpu = 1; vcpu < now.length; vcpu += 1) {
    if ((now[vcpu] as number) < (now[least] as number)) least = vcpu;
  }
  return isEmpty(queues[least] as Queue) ? null : least;
}

/** The earliest vCPU of those that have work. */
function first({ now, queues }: Clock): number | null {
  let least: number | null = null;
  for (const [vcpu, queue] of queues.entries()) {
    if (isEmpty(queue)) continue;
    if (least === null || (now[vcpu] as number) < (now[least] as number)) least = vcpu;
  }
  return least;
}

function replay(clock: Clock, vcpu: number, exit: number): void {
  const { now } = clock;
  const { cycles, isLocked, kicked } = take(clock.queues[vcpu] as Queue);
  clock.waiting -= 1;
  const asked = now[vcpu] as number;
  let begun = asked;
  if (isLocked) {
    begun = Math.max(asked, clock.lockFreeAt);
    clock.lockFreeAt = begun + cycles;
    clock.lockHeld += cycles;
    clock.lockWait += begun - asked;
    if (begun > asked) clock.lockWaits += 1;
  }
  const ended = begun + cycles;
  now[vcpu] = ended;
  clock.busy += cycles;
  for (const target of kicked) {
    // It was in the guest, so it was not waiting for the lock.
    now[target] = (now[target] as number) + exit;
    clock.busy += exit;
  }
}
