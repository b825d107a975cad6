const mark = document.querySelector<HTMLMetaElement>('meta[name="mmulab-static"]');

/**
 * Whether the page lies in a folder that `mmulab export` wrote: there is no server then, and one page
 * alone, that of a case, whose address is a fragment.
 */
export const isStatic = mark !== null;

/** File of the case that such a page opens with; null for none. */
export const caseBeside = mark?.content || null;

/** Path of the page of a case. */
export const CASE_PATH = '/case';

/** Address of a case by its fragment, as it can be sent to somebody. */
export function caseHref(fragment: string): string {
  const page = isStatic ? location.href.replace(/#.*$/, '') : `${location.origin}${CASE_PATH}`;
  return `${page}#${fragment}`;
}
