import type { Journal, LogRecord } from '../../journal/log/index.js';
import { LostRace } from './lost-race.js';

export interface Appending {
  readonly records: readonly LogRecord[];
  /** Number of the record behind which they belong. */
  readonly after: number;
  readonly note: Uint8Array;
}

/**
 * Appends records to the log of a VM, all in one turn of the loop.
 *
 * @throws {LostRace} If another server wrote to the log first.
 */
export async function appendRecords(
  journal: Journal,
  vm: string,
  { records, after, note }: Appending,
): Promise<void> {
  const appends = records.map((record, index) =>
    journal.append(vm, { record, after: after + index, note }),
  );
  const appended = await Promise.all(appends);
  for (const [index, { tail }] of appended.entries()) {
    const mine = records[index]?.identity;
    const [first] = tail ?? [];
    // An append whose acknowledgement was lost meets itself.
    const isMine = first !== undefined && 'record' in first && first.record.identity === mine;
    if (tail !== undefined && !isMine) throw new LostRace(vm);
  }
}

/** Bytes of the bodies of records. */
export function bytesOf(records: readonly LogRecord[]): number {
  return records.reduce((sum, { body }) => sum + body.length, 0);
}
