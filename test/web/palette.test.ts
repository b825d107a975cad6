import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LOOKS, NEUTRAL } from '../../web/lanes/palette.js';
import { contrast, difference, EYES, seen } from './vision.js';

const css = readFileSync(new URL('../../web/style/theme.css', import.meta.url), 'utf8');

/** The pair of a token: for light, for dark. */
function token(name: string): { readonly light: string; readonly dark: string } {
  const pair = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
  if (pair === null) throw new Error(`No token ${name}`);
  return { light: pair[1] ?? '', dark: pair[2] ?? '' };
}

const pairs = LOOKS.flatMap((a, i) => LOOKS.slice(i + 1).map((b) => [a, b] as const));

test('the difference of two colours is CIEDE2000', () => {
  // Pairs of Sharma, Wu and Dalal, 2005.
  expect(difference([50, 2.6772, -79.7751], [50, 0, -82.7485])).toBeCloseTo(2.0425, 4);
  expect(difference([50, 2.5, 0], [73, 25, -18])).toBeCloseTo(27.1492, 4);
  expect(difference([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387])).toBeCloseTo(
    1.2644,
    4,
  );
  expect(difference([2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514])).toBeCloseTo(0.9082, 4);
});

describe.each(['light', 'dark'] as const)('in %s', (side) => {
  test.each(Object.keys(EYES) as (keyof typeof EYES)[])(
    'looks differ pairwise for %s eyes',
    (eyes) => {
      for (const [a, b] of pairs) {
        const far = difference(seen(a[side], eyes), seen(b[side], eyes));
        expect(far, `${a[side]} and ${b[side]}`).toBeGreaterThan(10);
      }
    },
  );

  test('looks differ in grey, and have each a pattern of their own', () => {
    for (const [a, b] of pairs) {
      const [[light], [other]] = [seen(a[side], 'usual'), seen(b[side], 'usual')];
      expect(Math.abs(light - other), `${a[side]} and ${b[side]}`).toBeGreaterThan(4);
    }
    expect(new Set(LOOKS.map(({ pattern }) => pattern)).size).toBe(LOOKS.length);
  });

  test('labels can be read on every look', () => {
    for (const fill of [...LOOKS.map((look) => look[side]), NEUTRAL[side]]) {
      expect(contrast(token('ink')[side], fill), fill).toBeGreaterThan(4.5);
    }
  });

  test('text has a contrast of 4.5 on each ground, and signs one of 3', () => {
    for (const ground of ['ground', 'panel', 'well']) {
      for (const ink of ['ink', 'ink-soft', 'accent', 'bad', 'warn', 'root']) {
        const found = contrast(token(ink)[side], token(ground)[side]);
        expect(found, `${ink} on ${ground}`).toBeGreaterThan(4.5);
      }
      for (const sign of ['line-strong', 'flush']) {
        const found = contrast(token(sign)[side], token(ground)[side]);
        expect(found, `${sign} on ${ground}`).toBeGreaterThan(3);
      }
    }
    for (const [ink, fill] of [
      ['bad', 'bad-fill'],
      ['warn', 'warn-fill'],
      ['ink', 'accent-fill'],
      ['ink-soft', 'accent-fill'],
    ] as const) {
      expect(contrast(token(ink)[side], token(fill)[side]), `${ink} on ${fill}`).toBeGreaterThan(
        4.5,
      );
    }
  });
});
