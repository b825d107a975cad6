import { windowIn, windowText } from '../lanes/picture.js';
import type { Viewport } from '../lanes/viewport.js';

/** In place of a case that is too long for a link: the page that was given it still holds it. */
export const HELD = 'held';

/** Part of the page of a case that its address names. */
export interface CasePlace {
  /** The case; empty for none, {@link HELD} for one that is too long for a link. */
  readonly fragment: string;
  /** The moment; null for the first violation, or else the end. */
  readonly seq: number | null;
  /** Lanes beside the first one. @see splitOf for their texts. */
  readonly lanes: readonly string[];
  /** The window of the lanes; null for all of the run. */
  readonly window: Viewport | null;
}

/** The place that a fragment names, with its `#`. */
export function placeIn(hash: string): CasePlace {
  const [whole = '', ...rest] = hash.replace(/^#/, '').split('&');
  const [fragment = '', seq = ''] = whole.split('@');
  const params = new URLSearchParams(rest.join('&'));
  return {
    fragment,
    seq: /^\d{1,15}$/.test(seq) ? Number(seq) : null,
    lanes: (params.get('lanes') ?? '').split(',').filter((text) => text !== ''),
    window: windowIn(params.get('window')),
  };
}

/** The inverse of {@link placeIn}, without `#`. */
export function placeText({ fragment, seq, lanes, window }: CasePlace): string {
  const parts = [
    `${fragment}${seq === null ? '' : `@${seq}`}`,
    ...(lanes.length === 0 ? [] : [`lanes=${lanes.join(',')}`]),
    ...(window === null ? [] : [`window=${windowText(window)}`]),
  ];
  return parts.join('&');
}
