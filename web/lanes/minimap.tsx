import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Timeline } from '../api/timeline.js';
import type { Desk } from './desk.js';
import { type Sheet, usePainted } from './painted.js';
import { spanOf } from './viewport.js';

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
  const whole = signal<Timeline | null>(null);
  const read = async (signal: AbortSignal) => {
    const { head } = desk.extent.value;
    if (whole.value?.head === head || document.hidden || desk.isFrozen.value) return;
    const wanted = { from: null, to: null, buckets: COLUMNS };
    // The lamp tells of a server that does not answer.
    whole.value = await desk.source.timeline(wanted, signal).catch(() => whole.value);
  };
  return {
    heightOf: (unit: number) => HEIGHT * unit,
    draw: (sheet: Sheet) => draw(sheet, whole.value, desk),
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
      const { oldest, head } = desk.extent.value;
      const at = oldest + (offsetX / currentTarget.clientWidth) * (head + 1 - oldest);
      const half = spanOf(desk.view.value) / 2;
      desk.show({ from: at - half, to: at + half });
    },
  };
}

function draw({ context, width, style }: Sheet, whole: Timeline | null, desk: Desk): void {
  const height = HEIGHT * style.unit;
  const { oldest, head } = desk.extent.value;
  const scale = width / Math.max(1, head + 1 - oldest);
  context.fillStyle = style.line;
  context.fillRect(0, height - 1, width, 1);
  if (whole !== null) {
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
  const { from, to } = desk.view.value;
  const x = (from - oldest) * scale;
  const wide = Math.max(3, (to - from) * scale);
  context.globalAlpha = 0.13;
  context.fillStyle = style.accent;
  context.fillRect(x, 0, wide, height);
  context.globalAlpha = 1;
  context.strokeStyle = style.accent;
  context.lineWidth = 1.5;
  context.strokeRect(x + 0.75, 0.75, Math.min(wide, width - x) - 1.5, height - 1.5);
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
