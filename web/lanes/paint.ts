import type { Bar, Box, Flag, Layout } from './layout.js';
import type { PaintStyle } from './paint-style.js';
import type { TracedMark } from './traced-marks.js';

/** Places that the reader points at. */
export interface Pointed {
  /** `seq` of the selected event, and of the one below the pointer; null for none. */
  readonly selected: number | null;
  readonly hovered: number | null;
  /** Id of the row that the keys are on. */
  readonly row: string | null;
}

type Context = CanvasRenderingContext2D;

/** Paints a picture of lanes. It has been cleared, and is scaled to CSS pixels. */
export function paint(context: Context, layout: Layout, style: PaintStyle, pointed: Pointed): void {
  context.font = style.font;
  context.textBaseline = 'middle';
  paintRows(context, layout, style, pointed);
  for (const box of layout.boxes) paintBox(context, box, style);
  for (const bar of layout.bars) paintBar(context, bar, style);
  context.fillStyle = style.unknown;
  for (const { x, y, width, height } of layout.unknown) context.fillRect(x, y, width, height);
  paintCursor(context, layout, pointed.hovered, style.lineStrong);
  paintCursor(context, layout, pointed.selected, style.accent);
  for (const mark of layout.traced) paintTraced(context, mark, style);
  for (const flag of layout.flags) paintFlag(context, flag, style);
}

function paintRows(context: Context, layout: Layout, style: PaintStyle, { row }: Pointed): void {
  const { rows, unit, width } = layout;
  for (const one of rows) {
    const y = Math.round(one.top * unit) + 0.5;
    if (one.of.kind === 'vcpu') paintRule(context, y, width, style.line);
    if (one.of.kind === 'traffic') {
      paintRule(context, Math.round((one.top + one.height * 0.55) * unit) + 0.5, width, style.line);
    }
    if (one.id === row) {
      context.fillStyle = style.accent;
      context.fillRect(0, y, width, 1);
      context.fillRect(0, y + one.height * unit - 1, width, 1);
    }
  }
}

function paintRule(context: Context, y: number, width: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, y);
  context.lineTo(width, y);
  context.stroke();
}

function paintBox(context: Context, box: Box, style: PaintStyle): void {
  const { of, x, y, width, height } = box;
  switch (of.kind) {
    case 'level':
      if (of.level === 'host') return;
      context.fillStyle = of.level === 'L1' ? style.lineStrong : style.ink;
      context.fillRect(x, y + height * 0.2, width, height * 0.6);
      return;
    case 'request':
      context.fillStyle = width < 4 ? style.warn : style.warnFill;
      context.strokeStyle = style.warn;
      paintFramed(context, box);
      return;
    case 'busy':
      context.fillStyle = style.neutral;
      context.fillRect(x, y + height * 0.15, width, height * 0.7);
      if (box.row.of.kind === 'slot') {
        paintLabel(context, box, `${of.span.count} roots`, style);
      }
      return;
    case 'root':
      paintRoot(context, box, of, style);
      return;
  }
}

/** A band that is narrower than a tile of its pattern does not show it, and lines would fill it. */
const PATTERN_PIXELS = 8;

function paintRoot(
  context: Context,
  box: Box,
  { look, label, span }: Extract<Box['of'], { kind: 'root' }>,
  style: PaintStyle,
): void {
  const looks = box.width < PATTERN_PIXELS ? style.plainLooks : style.looks;
  context.fillStyle = look === null ? style.neutral : (looks[look] ?? style.neutral);
  context.strokeStyle = style.lineStrong;
  paintFramed(context, box);
  if (span.marked) {
    const { x, y, width, height } = box;
    context.fillStyle = style.marked;
    // Below the label, which has to stay readable.
    context.fillRect(x, y + height * 0.74, width, height * 0.26);
  }
  if (box.row.of.kind === 'slot') paintLabel(context, box, label, style);
  if (span.to !== null) paintEnd(context, box, span.end, style);
}

/** A box with a frame, unless it is too narrow to have one. */
function paintFramed(context: Context, { x, y, width, height }: Box): void {
  context.fillRect(x, y, width, height);
  if (width < PATTERN_PIXELS) return;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}

/** A cross where a root was freed, and a wedge where another pushed it out. */
function paintEnd(context: Context, box: Box, end: string | null, style: PaintStyle): void {
  const size = Math.min(style.unit * 0.26, box.height * 0.3);
  if (box.width < size * 2 || (end !== 'freed' && end !== 'evicted')) return;
  const x = box.x + box.width - size * 1.6;
  const y = box.y + box.height / 2;
  context.strokeStyle = style.ink;
  context.lineWidth = 1.6;
  context.beginPath();
  if (end === 'freed') {
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x - size, y + size);
    context.lineTo(x + size, y - size);
  } else {
    context.moveTo(x - size, y - size / 2);
    context.lineTo(x, y + size / 2);
    context.lineTo(x + size, y - size / 2);
  }
  context.stroke();
}

/** Room beside a label, in units: for the frame, and for the mark at the end. */
const LABEL_LEFT = 0.35;
const LABEL_RIGHT = 0.95;

function paintLabel(context: Context, box: Box, text: string, style: PaintStyle): void {
  const unit = box.height / box.row.height;
  // What lies to the left of the picture is labelled at its edge.
  const left = Math.max(box.x, 0) + LABEL_LEFT * unit;
  const room = box.x + box.width - LABEL_RIGHT * unit - left;
  const letters = Math.floor(room / style.letter);
  const shown = shortened(text, letters);
  if (shown === '') return;
  context.fillStyle = style.ink;
  context.fillText(shown, left, box.y + box.height / 2);
}

/** Addresses of more letters than this can be told by their ends. */
const WHOLE_LETTERS = 12;

/** A text in as many letters; a long address keeps both ends. Empty if it would say nothing. */
export function shortened(text: string, letters: number): string {
  if (text.length <= letters) return text;
  if (text.length <= WHOLE_LETTERS || letters < 9) return '';
  const tail = Math.floor((letters - 1) / 2);
  return `${text.slice(0, letters - 1 - tail)}\u2026${text.slice(text.length - tail)}`;
}

function paintBar(context: Context, { mark, x, y, width, height }: Bar, style: PaintStyle): void {
  context.fillStyle = {
    flush: style.flush,
    exit: style.inkSoft,
    entry: style.lineStrong,
    fault: style.accent,
  }[mark];
  context.fillRect(x, y, width, Math.max(height, 1));
}

/** A disc if it was seen, a ring if it was inferred, a dotted ring if it was guessed. */
function paintTraced(context: Context, { x, y, confidence }: TracedMark, style: PaintStyle): void {
  context.beginPath();
  context.arc(x, y, style.unit * 0.24, 0, 2 * Math.PI);
  if (confidence === 'seen') {
    context.fillStyle = style.inkSoft;
    context.fill();
    return;
  }
  context.strokeStyle = style.ink;
  context.lineWidth = 1.6;
  context.setLineDash(confidence === 'guessed' ? [2, 2] : []);
  context.stroke();
  context.setLineDash([]);
}

function paintFlag(context: Context, { x, y, height }: Flag, style: PaintStyle): void {
  const size = style.unit * 0.75;
  context.fillStyle = style.bad;
  context.fillRect(x - 1, y, 2, height);
  context.beginPath();
  context.moveTo(x - 1, y);
  context.lineTo(x + size * 1.4, y + size * 0.55);
  context.lineTo(x - 1, y + size * 1.1);
  context.fill();
}

function paintCursor(context: Context, layout: Layout, seq: number | null, colour: string): void {
  if (seq === null) return;
  const { view, width, height } = layout;
  const scale = width / (view.to - view.from);
  const x = (seq - view.from) * scale;
  if (x + scale < 0 || x > width) return;
  context.globalAlpha = 0.16;
  context.fillStyle = colour;
  if (scale > 3) context.fillRect(x, 0, scale, height);
  context.globalAlpha = 1;
  context.fillRect(x + scale / 2 - 0.75, 0, 1.5, height);
}
