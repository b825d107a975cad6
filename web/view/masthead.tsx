import type { ComponentChildren } from 'preact';

/** The bar at the top: a link to all VMs, and the subject of the page. */
export function Masthead({ children }: { readonly children?: ComponentChildren }) {
  return (
    <header class="masthead">
      <a class="wordmark" href="/" title="All VMs">
        <svg class="glyph" viewBox="0 0 22 16" aria-hidden="true">
          <rect class="glyph-current" x="0" y="1" width="7" height="14" rx="1.5" />
          <path class="glyph-prev" d="M10.5 2v12M15.5 2v12M20.5 2v12" />
        </svg>
        mmulab
      </a>
      {children}
    </header>
  );
}
