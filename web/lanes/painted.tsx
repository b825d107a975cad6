import { effect, type Signal, signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { looks } from '../shell/theme.js';
import { type PaintStyle, paintStyleOf } from './paint-style.js';

/** A canvas to draw on: cleared, in CSS pixels. */
export interface Sheet {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly style: PaintStyle;
}

interface Options {
  /** Draws; called again when a signal that it read has changed. */
  readonly draw: (sheet: Sheet) => void;
  /** Height in CSS pixels. */
  readonly heightOf: (unit: number) => number;
}

/** Draws on a canvas whenever the signals that the drawing reads change, once a frame at most. */
export function usePainted(options: Options): RefObject<HTMLCanvasElement | null> {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d', { alpha: true });
    if (!element || !context) return;
    const width = signal(element.clientWidth);
    const sizes = new ResizeObserver(() => {
      width.value = element.clientWidth;
    });
    sizes.observe(element);
    const stop = eachFrame(() => drawOn({ element, context, width }, options));
    return () => {
      stop();
      sizes.disconnect();
    };
  }, [options]);
  return canvas;
}

interface Drawn {
  readonly element: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  readonly width: Signal<number>;
}

let known: { readonly looks: number; readonly style: PaintStyle } | null = null;

function drawOn({ element, context, width }: Drawn, { draw, heightOf }: Options): void {
  // The style is read anew only when it has changed: reading it makes the browser lay out the page.
  if (known?.looks !== looks.value) known = { looks: looks.value, style: paintStyleOf(context) };
  const { style } = known;
  const ratio = devicePixelRatio;
  const height = heightOf(style.unit);
  const pixels = [Math.round(width.value * ratio), Math.round(height * ratio)] as const;
  if (element.width !== pixels[0] || element.height !== pixels[1]) {
    [element.width, element.height] = pixels;
    element.style.height = `${height}px`;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width.value, height);
  draw({ context, width: width.value, style });
}

/** Runs a drawing in the next frame after any signal that it read has changed. */
function eachFrame(draw: () => void): () => void {
  let stopWatching = () => {};
  const drawAndWatch = () => {
    stopWatching();
    let isDrawn = false;
    stopWatching = effect(() => {
      // The first run draws, and so notes what is read; the next one is a change of that.
      if (isDrawn) frame = requestAnimationFrame(drawAndWatch);
      else draw();
      isDrawn = true;
    });
  };
  let frame = requestAnimationFrame(drawAndWatch);
  return () => {
    cancelAnimationFrame(frame);
    stopWatching();
  };
}
