import { computed, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Timeline } from '../api/timeline.js';
import type { Desk } from './desk.js';
import { type Sheet, usePainted } from './painted.js';
import { type Extent, spanOf } from './viewport.js';

/** Height in units, and columns of its curve. */
const HEIGHT = 2.2;
const COLUMNS = 240;

/** Milliseconds between two readings of the whole history. */
const READ_EVERY_MS = 1500;

/** The whole history with the window in it. */
export function Minimap({ desk }: { readonly desk: Desk }) {
  const map = useMemo(() => createMinimap(desk), [desk]);
  const canvas = usePainted(map);
  useEffect(() => map.keepReading(), [map]);
  return (
    <canvas
      ref={canvas}
      class="minimap"
      role="img"
      aria-label="The whole history, with the window in it"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        map.goTo(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) map.goTo(event);
      }}
    />
  );
}

function createMinimap(desk: Desk) {
  const { whole } = desk;
  const width = signal(0);
  const pixelOf = (seq: number) =>
    Math.round((seq - extentOf().oldest) * scaleOf(extentOf(), width.value));
  /** The part of the history that is drawn. What is newer has its place once it has been read. */
  const extentOf = (): Extent => whole.value ?? desk.extent.value;
  // By whole pixels, so that a window that moves by less is not drawn again.
  const left = computed(() => Math.min(pixelOf(desk.view.value.from), width.value - WINDOW_MIN));
  const right = computed(() => Math.min(pixelOf(desk.view.value.to), width.value));
  const read = async (signal: AbortSignal) => {
    const { head } = desk.extent.value;
    if (whole.value?.head === head || document.hidden || desk.isFrozen.value) return;
    const wanted = { from: null, to: null, buckets: COLUMNS };
    // The lamp tells of a server that does not answer.
    whole.value = await desk.source.timeline(wanted, signal).catch(() => whole.value);
  };
  return {
    heightOf: (unit: number) => HEIGHT * unit,
    draw(sheet: Sheet) {
      width.value = sheet.width;
      draw(sheet, whole.value, { left: left.value, right: right.value });
    },
    keepReading() {
      const over = new AbortController();
      const timer = setInterval(() => void read(over.signal), READ_EVERY_MS);
      const stop = desk.timeline.subscribe((timeline) => {
        if (timeline !== null && whole.value === null) void read(over.signal);
      });
      return () => {
        clearInterval(timer);
        stop();
        over.abort();
      };
    },
    goTo({ offsetX, currentTarget }: PointerEvent) {
      if (!(currentTarget instanceof HTMLElement)) return;
      const at = extentOf().oldest + offsetX / scaleOf(extentOf(), currentTarget.clientWidth);
      const half = spanOf(desk.view.value) / 2;
      desk.show({ from: at - half, to: at + half });
    },
  };
}

/** Pixels of one `seq`. */
function scaleOf({ oldest, head }: Extent, width: number): number {
  return width / Math.max(1, head + 1 - oldest);
}

/** Pixels that the window takes at least. */
const WINDOW_MIN = 3;

function draw(sheet: Sheet, whole: Timeline | null, window: { left: number; right: number }): void {
  const { context, width, style } = sheet;
  const height = HEIGHT * style.unit;
  context.fillStyle = style.line;
  context.fillRect(0, height - 1, width, 1);
  if (whole !== null) drawWhole(sheet, whole, height);
  const wide = Math.max(WINDOW_MIN, window.right - window.left);
  context.globalAlpha = 0.13;
  context.fillStyle = style.accent;
  context.fillRect(window.left, 0, wide, height);
  context.globalAlpha = 1;
  context.strokeStyle = style.accent;
  context.lineWidth = 1.5;
  context.strokeRect(window.left + 0.75, 0.75, wide - 1.5, height - 1.5);
}

function drawWhole({ context, width, style }: Sheet, whole: Timeline, height: number): void {
  const { oldest } = whole;
  const scale = scaleOf(whole, width);
  const { first, size } = whole.bucket;
  const sums = sumsOf(whole);
  const most = Math.max(1, ...sums);
  context.fillStyle = style.lineStrong;
  for (const [index, sum] of sums.entries()) {
    const high = (sum / most) * (height - 8);
    const x = (first + index * size - oldest) * scale;
    context.fillRect(x, height - 1 - high, Math.max(1, size * scale - 0.5), high);
  }
  context.fillStyle = style.bad;
  for (const { seq } of whole.violations.first) {
    context.fillRect((seq - oldest) * scale - 1, 0, 2.5, height);
  }
}

/** Exits by bucket, of all vCPUs: they are what a guest pays. */
function sumsOf({ vcpus, bucket }: Timeline): readonly number[] {
  const sums = Array.from({ length: bucket.count }, () => 0);
  for (const { counts } of vcpus) {
    for (const [index, count] of (counts.exits ?? []).entries()) {
      sums[index] = (sums[index] ?? 0) + count;
    }
  }
  return sums;
}
