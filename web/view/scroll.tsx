import type { ComponentChildren } from 'preact';

interface Props {
  readonly label: string;
  readonly children: ComponentChildren;
}

/** A part that is wider than the page and scrolls by itself, by the keyboard as well. */
export function Scroll({ label, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard has to reach what scrolls
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
