import type { HistoryRecord } from '../../journal/index.js';
import type { Filter } from '../conditions/filter.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Limits } from '../wire/bounds.js';
import { writeHistory } from '../wire/frames.js';
import { FrameBudget } from './frame-budget.js';
import { FrameLog, type FrameLogOptions } from './frame-log.js';
import type { Framing } from './framing.js';
import { VmRecords } from './vm-records.js';

/** Form of the frames that a reader wants. */
export interface Wanted {
  readonly filter: Filter;
  /** Names the filter: equal names mean equal filters. */
  readonly filterKey: string;
  readonly framing: Framing;
  /** Whether a sequence number of the VM is a place to resume from. */
  readonly isPlace: boolean;
}

type LogBounds = Pick<FrameLogOptions, 'budget' | 'restBytesMax'>;

/** Owns the written frames of all VMs that have readers. */
export class FrameLogs {
  readonly #bounds: LogBounds;
  readonly #byVm = new Map<string, VmLogs>();

  constructor({ streamFrameBytes, streamBufferBytes: restBytesMax }: Limits) {
    this.#bounds = { budget: new FrameBudget(streamFrameBytes), restBytesMax };
  }

  /** Bytes of frames, and of records for them, that are kept now. */
  get bytes(): number {
    return this.#bounds.budget.bytes;
  }

  /** The log for a reader, which must {@link FrameLog.enter} it at once. */
  open(entry: FleetVm, wanted: Wanted): FrameLog {
    return this.#of(entry).open(wanted);
  }

  /** Holds the records of a VM behind a `seq` for readers to come, until it is closed. */
  hold(entry: FleetVm, after: number): void {
    this.#of(entry).hold(after);
  }

  /** Drops what nobody reads any more. */
  close(vm: string): void {
    if (this.#byVm.get(vm)?.close() === true) this.#byVm.delete(vm);
  }

  #of(entry: FleetVm): VmLogs {
    let logs = this.#byVm.get(entry.id);
    if (logs === undefined) {
      logs = new VmLogs(entry, this.#bounds);
      this.#byVm.set(entry.id, logs);
    }
    return logs;
  }

  /**
   * Writes new records of a VM ahead of its readers.
   *
   * @param recordsMax Records that may be looked at.
   * @returns Number of records that were; fewer if there are no more.
   */
  writeAhead(vm: string, recordsMax: number): number {
    return this.#byVm.get(vm)?.writeAhead(recordsMax) ?? 0;
  }
}

/** The written frames of one VM, a log for each form in which somebody wants them. */
class VmLogs {
  readonly #bounds: LogBounds;
  readonly #records: VmRecords;
  readonly #logs = new Map<string, FrameLog>();
  /** `seq` behind which readers to come need records; infinite without any. */
  #promised = Number.POSITIVE_INFINITY;
  readonly #write = writeOnce();

  constructor({ ring }: FleetVm, bounds: LogBounds) {
    this.#bounds = bounds;
    const { budget } = bounds;
    this.#records = new VmRecords({ ring, budget, needed: () => this.#needed() });
  }

  open({ filter, filterKey, framing, isPlace }: Wanted): FrameLog {
    const key = `${framing.name} ${framing.hasPlaces && isPlace} ${filterKey}`;
    let log = this.#logs.get(key);
    if (log === undefined) {
      const [records, write] = [this.#records, this.#write];
      log = new FrameLog({ records, filter, framing, isPlace, write, ...this.#bounds });
      this.#logs.set(key, log);
    }
    return log;
  }

  hold(after: number): void {
    this.#promised = Math.min(this.#promised, after);
  }

  /** @returns Whether nothing is left. */
  close(): boolean {
    this.#promised = Number.POSITIVE_INFINITY;
    for (const [key, log] of this.#logs) if (log.isUnread) this.#logs.delete(key);
    if (this.#logs.size > 0) return false;
    this.#records.close();
    return true;
  }

  /** Record by record, so that the text of a record serves all logs. */
  writeAhead(recordsMax: number): number {
    const { head } = this.#records;
    const logs = [...this.#logs.values()].filter((log) => log.prepare());
    const behind = logs.reduce((least, { written }) => Math.min(least, written), head);
    const to = Math.min(head, behind + recordsMax);
    for (let seq = behind + 1; seq <= to; seq += 1) {
      for (const log of logs) if (log.written < seq) log.writeNext();
    }
    this.#records.trim();
    return to - behind;
  }

  #needed(): number {
    let needed = this.#promised;
    for (const log of this.#logs.values()) needed = Math.min(needed, log.needed);
    return needed;
  }
}

/** Writes a record once for logs that take it one after another. */
function writeOnce(): (record: HistoryRecord) => string {
  let newest: HistoryRecord | null = null;
  let text = '';
  return (record) => {
    if (record !== newest) {
      newest = record;
      text = writeHistory(record);
    }
    return text;
  };
}
