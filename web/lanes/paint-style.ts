import { theme } from '../shell/theme.js';
import { LOOKS, NEUTRAL, type Pattern } from './palette.js';

/** Colours, fills and type that a picture is painted with. */
export interface PaintStyle {
  readonly panel: string;
  readonly ink: string;
  readonly inkSoft: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly accent: string;
  readonly bad: string;
  readonly badInk: string;
  readonly warn: string;
  readonly warnFill: string;
  readonly flush: string;
  /** Fill of each look, by its index; and its colour alone, for what is too narrow for a pattern. */
  readonly looks: readonly (string | CanvasPattern)[];
  readonly plainLooks: readonly string[];
  readonly neutral: string;
  /** Hatching over a marked root, and over what is not known. */
  readonly marked: CanvasPattern | string;
  readonly unknown: CanvasPattern | string;
  /** Pixels of one unit of type, and the font of labels. */
  readonly unit: number;
  readonly font: string;
  /** Width of a letter in that font: all are equally wide. */
  readonly letter: number;
}

/** Reads the style from the document. It holds until the theme or the size of type changes. */
export function paintStyleOf(context: CanvasRenderingContext2D): PaintStyle {
  const css = getComputedStyle(document.documentElement);
  const colour = (name: string) => css.getPropertyValue(`--${name}`).trim();
  const isForced = matchMedia('(forced-colors: active)').matches;
  const side = isDark() ? 'dark' : 'light';
  const unit = Number.parseFloat(css.fontSize);
  const ink = colour('ink');
  const panel = colour('panel');
  const tile = tileMaker(context, unit);
  const looks = LOOKS.map(({ [side]: fill, pattern }) =>
    tile(
      pattern,
      isForced ? panel : fill,
      isForced ? ink : `color-mix(in srgb, ${ink} 26%, ${fill})`,
    ),
  );
  const warn = colour('warn');
  const font = `${unit * 0.86}px ${css.getPropertyValue('--mono')}`;
  context.font = font;
  return {
    panel,
    ink,
    inkSoft: colour('ink-soft'),
    line: colour('line'),
    lineStrong: colour('line-strong'),
    accent: colour('accent'),
    bad: colour('bad'),
    badInk: panel,
    warn,
    warnFill: colour('warn-fill'),
    flush: colour('flush'),
    looks,
    plainLooks: LOOKS.map((look) => (isForced ? panel : look[side])),
    neutral: isForced ? panel : NEUTRAL[side],
    marked: tile('hatch', 'transparent', warn),
    unknown: tile('hatch', colour('well'), colour('line')),
    unit,
    font,
    letter: context.measureText('0').width,
  };
}

export function isDark(): boolean {
  if (theme.value !== 'system') return theme.value === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

/** Makes fills that are patterned. */
function tileMaker(context: CanvasRenderingContext2D, unit: number) {
  const ratio = devicePixelRatio;
  const size = Math.max(6, Math.round(unit * 0.6));
  return (pattern: Pattern | 'hatch', fill: string, ink: string): CanvasPattern | string => {
    if (pattern === 'plain') return fill;
    const canvas = new OffscreenCanvas(size * ratio, size * ratio);
    const tile = canvas.getContext('2d');
    if (tile === null) return fill;
    tile.scale(ratio, ratio);
    tile.fillStyle = fill;
    tile.fillRect(0, 0, size, size);
    tile.strokeStyle = ink;
    tile.fillStyle = ink;
    tile.lineWidth = pattern === 'hatch' ? size / 4 : 1.3;
    drawTile(tile, pattern, size);
    const made = context.createPattern(canvas, 'repeat');
    made?.setTransform(new DOMMatrix().scale(1 / ratio));
    return made ?? fill;
  };
}

function drawTile(
  tile: OffscreenCanvasRenderingContext2D,
  pattern: Pattern | 'hatch',
  size: number,
) {
  const line = (x1: number, y1: number, x2: number, y2: number) => {
    tile.beginPath();
    tile.moveTo(x1, y1);
    tile.lineTo(x2, y2);
    tile.stroke();
  };
  const half = size / 2;
  switch (pattern) {
    case 'plain':
      return;
    case 'rising':
    case 'hatch':
      // Thrice, so that the corners of the tile meet.
      for (const shift of [-size, 0, size]) line(shift - 2, size + 2, shift + size + 2, -2);
      return;
    case 'falling':
      for (const shift of [-size, 0, size]) line(shift - 2, -2, shift + size + 2, size + 2);
      return;
    case 'dots':
      tile.beginPath();
      tile.arc(half, half, size / 6, 0, 2 * Math.PI);
      tile.fill();
      return;
    case 'level':
      line(0, half, size, half);
      return;
    case 'upright':
      line(half, 0, half, size);
      return;
    case 'grid':
      line(0, half, size, half);
      line(half, 0, half, size);
      return;
    case 'waves':
      line(0, size * 0.75, half, size * 0.25);
      line(half, size * 0.25, size, size * 0.75);
      return;
  }
}
