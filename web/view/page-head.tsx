import type { ComponentChildren } from 'preact';

/** The subject of the page, below the bar. */
export function PageHead({ children }: { readonly children?: ComponentChildren }) {
  return (
    <section class="page-head" aria-label="Subject">
      {children}
    </section>
  );
}
