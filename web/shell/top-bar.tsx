import { openHelp, openPalette } from './dialogs.js';
import { LagLamp } from './lag-lamp.js';
import { paramsOf } from './path.js';
import { isStatic } from './place.js';
import { address } from './router.js';
import { nextTheme, theme } from './theme.js';

/** A link of the bar. */
export interface BarLink {
  readonly text: string;
  readonly href: string;
}

/** The bar on every page: where one can go, search, the lag, keys and theme. */
export function TopBar({ links }: { readonly links: readonly BarLink[] }) {
  return (
    <header class="bar">
      <a class="wordmark" href={isStatic ? '#' : '/'}>
        <svg class="glyph" viewBox="0 0 22 16" aria-hidden="true">
          <rect class="glyph-current" x="0" y="1" width="7" height="14" rx="1.5" />
          <path class="glyph-prev" d="M10.5 2v12M15.5 2v12M20.5 2v12" />
        </svg>
        mmulab
      </a>
      <nav class="bar-links" aria-label="Pages">
        {links.map(({ text, href }) => (
          <a key={href} href={href} aria-current={isHere(href) ? 'page' : undefined}>
            {text}
          </a>
        ))}
      </nav>
      <LagLamp />
      <div class="bar-tools">
        <button type="button" class="bar-search" onClick={() => openPalette('')}>
          <span class="bar-search-words">Search or command</span>
          <kbd>/</kbd>
        </button>
        <button
          type="button"
          class="bar-tool"
          aria-label="Keys"
          title="Keys (?)"
          onClick={openHelp}
        >
          ?
        </button>
        <button
          type="button"
          class="bar-tool"
          aria-label={`Theme: ${theme.value}`}
          title={`Theme: ${theme.value} (T)`}
          onClick={nextTheme}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <circle class="moon-ring" cx="8" cy="8" r="6" />
            <path class="moon-half" d="M8 2a6 6 0 0 1 0 12z" />
          </svg>
        </button>
      </div>
    </header>
  );
}

/** A link leads here if this page is it, or lies below it. */
function isHere(href: string): boolean {
  const { path } = address.value;
  if (href === '/') return path === '/' || path.startsWith('/vm/');
  return paramsOf(href, path) !== null || path.startsWith(`${href}/`);
}
