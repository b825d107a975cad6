import { type EventRing, HistoryBudget } from '../../journal/index.js';
import type { FrozenVm, step } from '../../mmu/index.js';
import type { Limits } from '../wire/bounds.js';
import { createRing } from './anchor-history.js';
import { type Origin, PastRecords } from './past-records.js';

/** Makes the histories of a fleet's VMs, which share a budget and the machines that read the past. */
export class Histories {
  readonly budget: HistoryBudget;
  readonly #recordsMax: number;
  readonly #past: PastRecords;

  constructor(
    { historyRecords, historyRecordsPerVm }: Pick<Limits, 'historyRecords' | 'historyRecordsPerVm'>,
    model: typeof step,
  ) {
    this.budget = new HistoryBudget(historyRecords);
    this.#recordsMax = historyRecordsPerVm;
    this.#past = new PastRecords(model);
  }

  readonly ring = (origin: Origin): EventRing<FrozenVm> =>
    createRing(this.budget, this.#recordsMax, this.#past.of(origin));

  /** Forgets all of a history, because its VM is deleted. */
  clear(ring: EventRing<FrozenVm>): void {
    this.#past.forget(ring.past);
    ring.clear();
  }
}
