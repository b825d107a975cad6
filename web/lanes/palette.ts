/** Pattern on the fill of a band, so that a hue is never alone. */
export type Pattern =
  | 'plain'
  | 'rising'
  | 'falling'
  | 'dots'
  | 'level'
  | 'upright'
  | 'grid'
  | 'waves';

/** The look of a pgd: one colour for each theme, and a pattern. */
export interface Look {
  readonly light: string;
  readonly dark: string;
  readonly pattern: Pattern;
}

/**
 * Looks of the pgds in view. All pairs differ by 10 (CIEDE2000) for usual eyes and for eyes with
 * deuteranopia or protanopia, and by 4 in lightness (L*); text in the theme's ink stands on each.
 *
 * @see test/web/palette.test.ts, which computes it
 */
export const LOOKS: readonly Look[] = [
  { light: '#bbcdb1', dark: '#0d437c', pattern: 'plain' },
  { light: '#dfb453', dark: '#7f4a66', pattern: 'rising' },
  { light: '#a793ec', dark: '#1d7547', pattern: 'upright' },
  { light: '#bfffe7', dark: '#3f2806', pattern: 'dots' },
  { light: '#fcc3f6', dark: '#56500a', pattern: 'falling' },
  { light: '#d6749b', dark: '#1f0647', pattern: 'level' },
  { light: '#deea9b', dark: '#1b3e32', pattern: 'grid' },
  { light: '#baa6c2', dark: '#2b1d2f', pattern: 'waves' },
];

/** The look of every other pgd, and of what is too busy to be shown one by one. */
export const NEUTRAL = { light: '#dde2df', dark: '#2b3532' } as const;
