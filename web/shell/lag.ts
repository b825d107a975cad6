import { signal } from '@preact/signals';

/** Distance of the picture from the server. */
export type Lag =
  /** The page shows nothing that changes. */
  | { readonly kind: 'none' }
  | { readonly kind: 'connecting' }
  /** @see LagLamp for when it counts as late. */
  | { readonly kind: 'live'; readonly events: number; readonly ms: number }
  /** The picture stands still because the reader wants it. */
  | { readonly kind: 'frozen'; readonly events: number }
  /** No answer; the page tries again. */
  | { readonly kind: 'retrying'; readonly sinceMs: number }
  /** There is nothing to wait for. */
  | { readonly kind: 'gone'; readonly reason: string };

/** The lag of the page that is open; a page that follows something sets it. */
export const lag = signal<Lag>({ kind: 'none' });
