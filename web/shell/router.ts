import { signal } from '@preact/signals';
import { CASE_PATH, isStatic } from './place.js';

/** Where the page is: the path and the fragment of its address. */
export interface Address {
  readonly path: string;
  /** The fragment with its `#`; empty if there is none. */
  readonly hash: string;
}

/** Where the page is now. */
export const address = signal<Address>(addressNow());

/** Goes to an address of this page without loading it anew. */
export function navigate(href: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  const before = address.value.path;
  address.value = addressNow();
  if (how === 'push' && address.value.path !== before) scrollTo(0, 0);
}

/**
 * Lets links to pages of ours work without a load, and back and forward as well.
 *
 * @param isOurs Whether a path is a page of ours; any other link is the browser's.
 */
export function followLinks(isOurs: (path: string) => boolean): void {
  addEventListener('popstate', () => {
    address.value = addressNow();
  });
  addEventListener('click', (event) => {
    const link = linkOf(event);
    if (link === null || !isOurs(link.pathname)) return;
    event.preventDefault();
    navigate(link.href);
  });
}

/** The link that a click follows in this window; null for any other click. */
function linkOf(event: MouseEvent): HTMLAnchorElement | null {
  const isPlain = event.button === 0 && !event.defaultPrevented;
  if (!isPlain || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.origin !== location.origin) return null;
  return link.target === '' && !link.hasAttribute('download') ? link : null;
}

/** A folder without a server has one page. */
function addressNow(): Address {
  return { path: isStatic ? CASE_PATH : location.pathname, hash: location.hash };
}
