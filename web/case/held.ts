import { signal } from '@preact/signals';
import { CASE_FILE_BYTES_MAX, caseOfFile } from '../model/case-file.js';
import { fragmentOf, NoCase } from '../model/case-link.js';
import { type CasePlace, HELD, placeText } from '../model/case-place.js';
import type { LocalCase } from '../model/local-case.js';
import { caseHref } from '../shell/place.js';
import { navigate } from '../shell/router.js';

/** The case that is too long for a link: it lives in this page alone. Null if none was opened. */
export const held = signal<LocalCase | null>(null);

/** The reason why a file could not be opened; empty if none was refused. */
export const fileFailure = signal('');

/** Parts of the page that a case opens with. */
type Opening = Partial<Pick<CasePlace, 'seq' | 'lanes'>>;

/** Goes to the page of a case. One that is too long for a link is held by this page alone. */
export async function openCase(from: LocalCase, { seq = null, lanes = [] }: Opening = {}) {
  const fragment = (await linkOf(from)) ?? HELD;
  if (fragment === HELD) held.value = from;
  navigate(caseHref(placeText({ fragment, seq, lanes, window: null })));
}

/** The fragment of a case; null if it is too long for a link. */
export async function linkOf(from: LocalCase): Promise<string | null> {
  try {
    return await fragmentOf({ from, seq: null });
  } catch (error) {
    if (error instanceof NoCase) return null;
    throw error;
  }
}

/** Opens a case file that was chosen, or dropped on the page. */
export async function openFile(file: File): Promise<void> {
  fileFailure.value = '';
  try {
    if (file.size > CASE_FILE_BYTES_MAX) {
      throw new Error(`Cannot read it: it has more than ${CASE_FILE_BYTES_MAX} bytes, the bound`);
    }
    await openCase(caseOfFile(await file.text()));
  } catch (error) {
    fileFailure.value = `${file.name}: ${error instanceof Error ? error.message : String(error)}`;
    navigate(caseHref(''));
  }
}
