import type { ComponentChildren } from 'preact';

interface Props {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** The whole of a page that has nothing to show: what is so, and the one thing to do next. */
export function Card({ title, children }: Props) {
  return (
    <main class="card-page">
      <section class="card">
        <h1>{title}</h1>
        {children}
      </section>
    </main>
  );
}
