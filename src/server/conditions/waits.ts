import type { HistoryRecord } from '../../journal/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Turns } from '../fleet/turns.js';
import { ApiError } from '../wire/errors.js';
import {
  type Matcher,
  matches,
  NEAREST_RECORDS_MAX,
  type NearestFrame,
  nearestOf,
} from './pattern.js';
import {
  heldCount,
  holdsNow,
  type NearestState,
  type StateCondition,
  stateNow,
} from './state-condition.js';

/** Condition of a wait. */
export type Condition =
  | { readonly on: 'event'; readonly matcher: Matcher; readonly after: number }
  | ({ readonly on: 'state' } & StateCondition);

/** Result of a wait. */
export interface WaitResult {
  readonly met: boolean;
  readonly reason: 'met' | 'timeout' | 'vm-deleted';
  /** The VM's newest sequence number at the end of the wait. */
  readonly seq: number;
  readonly frame: HistoryRecord | null;
  readonly nearest: { readonly frame: NearestFrame | null; readonly state: NearestState | null };
}

export interface WaitOptions {
  readonly entry: FleetVm;
  readonly condition: Condition;
  readonly timeoutMs: number;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
}

const NOTHING = { frame: null, state: null };

/** Owns the waits. Each listens to its VM, and costs nothing while nothing happens. */
export class Waits {
  readonly #fleet: Fleet;
  readonly #pending = new Set<Wait>();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    fleet.onDeletion((id) => {
      for (const wait of this.#of(id)) wait.end('vm-deleted');
    });
    fleet.sleeping.onRest(({ id }) => {
      for (const wait of this.#of(id)) wait.fail(dropped(id));
    });
  }

  get count(): number {
    return this.#pending.size;
  }

  #of(id: string): Wait[] {
    return [...this.#pending].filter(({ entry }) => entry.id === id);
  }

  /**
   * Resolves when the condition holds, at the deadline, or when the VM is deleted.
   *
   * @throws {ApiError} If the bound of waits is met, if the event may lie in history that is no
   *   longer kept, or when the server closes.
   */
  async until(options: WaitOptions): Promise<WaitResult> {
    const { waits: waitsMax } = this.#fleet.limits;
    if (this.#pending.size >= waitsMax) {
      throw new ApiError(
        'wait-limit-reached',
        `Cannot wait: ${waitsMax} clients do, the bound; end one wait`,
      );
    }
    return await new Promise<WaitResult>((resolve, reject) => {
      const wait = new Wait(options, this.#fleet.turns, {
        resolve,
        reject,
        done: () => this.#pending.delete(wait),
      });
      this.#pending.add(wait);
      wait.start();
    });
  }

  /** Refuses all waits, because the server closes. */
  close(): void {
    for (const wait of [...this.#pending]) {
      wait.fail(
        new ApiError(
          'not-ready',
          'Cannot wait: the server is draining; wait on another, or again when it is back',
        ),
      );
    }
  }
}

/** Only a VM that could not be written is dropped while somebody waits. */
function dropped(id: string): ApiError {
  return new ApiError(
    'journal-failed',
    `Cannot wait: VM "${id}" could not be written, and is what it was before; ask again`,
  );
}

interface Settle {
  readonly resolve: (result: WaitResult) => void;
  readonly reject: (error: unknown) => void;
  readonly done: () => void;
}

class Wait {
  readonly entry: FleetVm;
  readonly #options: WaitOptions;
  readonly #turns: Turns;
  readonly #settle: Settle;
  #cursor: number;
  /** Whether the records behind the cursor are being searched, in slices. */
  #isLooking = false;
  #isOver = false;
  #best: NearestState | null = null;
  #release = () => {};

  constructor(options: WaitOptions, turns: Turns, settle: Settle) {
    this.entry = options.entry;
    this.#options = options;
    this.#turns = turns;
    this.#settle = settle;
    this.#cursor = options.condition.on === 'event' ? options.condition.after : 0;
  }

  start(): void {
    const { entry, timeoutMs, signal } = this.#options;
    const stopListening = entry.ring.listen(() => this.#look());
    const deadline = setTimeout(() => this.end('timeout'), timeoutMs).unref();
    const leave = () => this.fail(new ApiError('not-ready', 'Cannot answer: the client is gone'));
    signal.addEventListener('abort', leave);
    this.#release = () => {
      this.#isOver = true;
      stopListening();
      clearTimeout(deadline);
      signal.removeEventListener('abort', leave);
      this.#settle.done();
    };
    this.#look();
  }

  end(reason: 'timeout' | 'vm-deleted'): void {
    this.#release();
    void this.#miss(reason).then(this.#settle.resolve, this.#settle.reject);
  }

  async #miss(reason: 'timeout' | 'vm-deleted'): Promise<WaitResult> {
    const { entry, condition } = this.#options;
    const { head: seq } = entry.ring;
    if (condition.on === 'state') {
      return { met: false, reason, seq, frame: null, nearest: { frame: null, state: this.#best } };
    }
    const searched = { records: [...this.#newest(condition.after)], turns: this.#turns };
    const frame = await nearestOf(condition.matcher, searched);
    return { met: false, reason, seq, frame: null, nearest: { frame, state: null } };
  }

  fail(error: ApiError): void {
    this.#release();
    this.#settle.reject(error);
  }

  #look(): void {
    const { condition } = this.#options;
    if (condition.on === 'event') void this.#lookAtEvents(condition.matcher);
    else this.#lookAtState(condition);
  }

  async #lookAtEvents(matcher: Matcher): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { ring } = this.entry;
    const work = this.#turns.work();
    while (!this.#isOver && this.#cursor < ring.head && this.#isKept()) {
      if (work.isOver()) {
        await work.next();
        continue;
      }
      this.#cursor += 1;
      const record = ring.at(this.#cursor);
      if (record !== undefined && matches(matcher, record)) this.#meet(record);
    }
    this.#isLooking = false;
  }

  /** Whether the next record is kept; else the wait fails. */
  #isKept(): boolean {
    const { ring } = this.entry;
    const { oldest } = ring;
    if (this.#cursor + 1 >= oldest) return true;
    const task = `Cannot wait for events after ${this.#cursor}`;
    this.fail(
      new ApiError('events-expired', `${task}: history is kept from ${oldest}`, { oldest }),
    );
    return false;
  }

  #lookAtState(condition: StateCondition): void {
    const now = stateNow(this.entry, condition);
    if (holdsNow(now)) this.#meet(null);
    else if (this.#best === null || heldCount(now) >= heldCount(this.#best)) this.#best = now;
  }

  #meet(frame: HistoryRecord | null): void {
    this.#release();
    const seq = this.entry.ring.head;
    this.#settle.resolve({ met: true, reason: 'met', seq, frame, nearest: NOTHING });
  }

  *#newest(after: number): Generator<HistoryRecord> {
    const { ring } = this.entry;
    const first = Math.max(after + 1, ring.oldest, ring.head - NEAREST_RECORDS_MAX + 1);
    for (let seq = first; seq <= ring.head; seq += 1) {
      const record = ring.at(seq);
      if (record !== undefined) yield record;
    }
  }
}
