import type { Why } from '../../lab/index.js';
import type { CaseFile } from '../history/case-file.js';
import { runCase } from '../history/run-case.js';
import { whyAt } from '../history/why.js';
import { createHost } from '../host/host.js';
import { DEFAULT_LIMITS } from '../wire/bounds.js';
import { NO_LABELS } from '../wire/labels.js';

/** Nobody reads a log here: a failure is told to the caller. */
const NO_LOG = { error: () => {}, info: () => {} };

/**
 * Plays a case, and tells why a record of it came about.
 *
 * @throws {ApiError} If the case has no such record, or cannot be played.
 */
export async function whyOfCase(file: CaseFile, seq: number): Promise<Why> {
  const limits = { ...DEFAULT_LIMITS, historyRecordsPerVm: DEFAULT_LIMITS.historyRecords };
  const host = createHost({ limits, log: NO_LOG, epoch: 'case', ids: (kind) => kind });
  try {
    const { entry } = await runCase(host.fleet, { ...file, labels: NO_LABELS });
    return await whyAt(host, entry, seq);
  } finally {
    host.waits.close();
    await host.streams.close();
    host.fleet.close();
  }
}
