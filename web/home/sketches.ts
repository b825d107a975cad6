import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { getTimeline } from '../api/client.js';
import type { Timeline } from '../api/timeline.js';

/** The history of a VM in a few numbers. */
export interface Sketch {
  /** `seq` that it goes up to. */
  readonly head: number;
  /** Exits and commands by column, from the oldest. */
  readonly columns: readonly number[];
  /** `seq` of the first violation; null for none. */
  readonly violation: number | null;
}

/** Columns of a sketch. */
export const COLUMNS = 48;

/** Milliseconds between two readings: however many VMs there are, the server is asked no oftener. */
const READ_EVERY_MS = 60;

/** Sketches that are kept. */
const KEPT_MAX = 1000;

/** Sketches of VMs, read one by one for those that are on the screen. */
export interface Sketches {
  /** Asks for a sketch that goes up to `seq`. */
  of(vm: string, seq: number): ReadonlySignal<Sketch | null>;
  end(): void;
}

export function createSketches(): Sketches {
  const kept = new Map<string, Signal<Sketch | null>>();
  const wanted = new Map<string, number>();
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = async () => {
    const [first] = wanted;
    if (first === undefined) {
      timer = undefined;
      return;
    }
    const [vm] = first;
    wanted.delete(vm);
    const window = { from: null, to: null, buckets: COLUMNS };
    // A VM that is gone leaves the list as well.
    const timeline = await getTimeline(vm, window, over.signal).catch(() => null);
    const sketch = kept.get(vm);
    if (timeline !== null && sketch !== undefined) sketch.value = sketchOf(timeline);
    if (!over.signal.aborted) timer = setTimeout(() => void next(), READ_EVERY_MS);
  };
  return {
    of(vm, seq) {
      let sketch = kept.get(vm);
      if (sketch === undefined) {
        sketch = signal(null);
        kept.set(vm, sketch);
        const [oldest] = kept.keys();
        if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
      }
      if ((sketch.peek()?.head ?? -1) < seq) {
        wanted.set(vm, seq);
        timer ??= setTimeout(() => void next(), 0);
      }
      return sketch;
    },
    end() {
      over.abort();
      clearTimeout(timer);
    },
  };
}

function sketchOf({ head, bucket, vcpus, violations }: Timeline): Sketch {
  const columns = Array.from({ length: bucket.count }, () => 0);
  for (const { counts } of vcpus) {
    for (const numbers of [counts.commands, counts.exits]) {
      for (const [index, number] of (numbers ?? []).entries()) {
        columns[index] = (columns[index] ?? 0) + number;
      }
    }
  }
  return { head, columns, violation: violations.first[0]?.seq ?? null };
}
