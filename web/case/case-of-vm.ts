import { getCase, getExcerpt, RequestFailed } from '../api/client.js';
import { caseOf, excerptOf } from '../model/case-file.js';
import type { LocalCase } from '../model/local-case.js';

/** No case of the VM can be written: its history is too long, or has lost its beginning. */
const NO_BEGINNING = [409, 410];

/**
 * Reads the doings of a VM for a run in the page: all of them, or those around a moment.
 *
 * @param seq The moment; null for the newest.
 * @throws {RequestFailed} If the server can give neither.
 */
export async function caseOfVm(vm: string, seq: number | null): Promise<LocalCase> {
  try {
    return caseOf(await getCase(vm));
  } catch (error) {
    if (!(error instanceof RequestFailed) || !NO_BEGINNING.includes(error.status)) throw error;
    return excerptOf(await getExcerpt(vm, seq));
  }
}
