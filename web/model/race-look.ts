/** View of a race: it is kept in the fragment, so that a link shows the same. */
export interface RaceLook {
  /** Name of the lane that others are held against; null for that of the race. */
  readonly baseline: string | null;
  /** Name of the price list; null for that of the race. */
  readonly prices: string | null;
  /** Column that rows are sorted by, and whether from its greatest value on. */
  readonly by: string;
  readonly isDown: boolean;
  /** Job of the sweep over slots; null for none. */
  readonly sweep: string | null;
}

export const USUAL_LOOK: RaceLook = {
  baseline: null,
  prices: null,
  by: 'cost',
  isDown: false,
  sweep: null,
};

export function lookIn(hash: string): RaceLook {
  const parts = new URLSearchParams(hash.slice(1));
  const by = parts.get('by') ?? USUAL_LOOK.by;
  return {
    baseline: parts.get('against'),
    prices: parts.get('prices'),
    by: by.replace(/^-/, ''),
    isDown: by.startsWith('-'),
    sweep: parts.get('sweep'),
  };
}

/** The inverse of {@link lookIn}, with its `#`; empty for the usual look. */
export function hashOf({ baseline, prices, by, isDown, sweep }: RaceLook): string {
  const parts = new URLSearchParams();
  if (baseline !== null) parts.set('against', baseline);
  if (prices !== null) parts.set('prices', prices);
  if (by !== USUAL_LOOK.by || isDown) parts.set('by', `${isDown ? '-' : ''}${by}`);
  if (sweep !== null) parts.set('sweep', sweep);
  const text = parts.toString();
  return text === '' ? '' : `#${text}`;
}
