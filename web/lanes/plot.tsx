import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { momentHref } from '../shell/links.js';
import { navigate } from '../shell/router.js';
import type { Desk } from './desk.js';
import { type Hits, hitsOf } from './hits.js';
import { type Layout, layoutOf } from './layout.js';
import { paint } from './paint.js';
import { type Sheet, usePainted } from './painted.js';
import { heightOf } from './rows.js';
import { placeWords, wordsOf } from './words.js';

interface Props {
  readonly desk: Desk;
  /** The VM whose moments are opened; null for none. */
  readonly vm: string | null;
}

/** The picture of the lanes, and what the pointer does to it. */
export function Plot({ desk, vm }: Props) {
  const plot = useMemo(() => createPlot(desk), [desk]);
  const canvas = usePainted(plot);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    // A listener that may keep the page from scrolling has to say so, which JSX cannot.
    const onWheel = (event: WheelEvent) => plot.wheel(event, element);
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [plot, canvas]);
  return (
    <div class="lanes-plot">
      <canvas
        ref={canvas}
        class="lanes-canvas"
        role="img"
        aria-label="Lanes over time; the table below has the same in words"
        onPointerDown={(event) => plot.press(event)}
        onPointerMove={(event) => plot.point(event)}
        onPointerUp={(event) => plot.release(event)}
        onPointerLeave={() => plot.leave()}
        onDblClick={() => {
          const seq = desk.selected.value;
          if (seq !== null && vm !== null) navigate(momentHref(vm, seq));
        }}
      />
      <Tip plot={plot} />
    </div>
  );
}

/** Words beside the pointer. The keys have the same words in the reading. */
function Tip({ plot }: { readonly plot: ReturnType<typeof createPlot> }) {
  const tip = plot.tip.value;
  if (tip === null) return null;
  return (
    <p class="lanes-tip" aria-hidden="true" style={{ left: `${tip.x}px`, top: `${tip.y}px` }}>
      <span class="lanes-tip-place">{tip.place}</span>
      {tip.text}
    </p>
  );
}

interface TipAt {
  readonly x: number;
  readonly y: number;
  readonly place: string;
  readonly text: string;
}

/** Pixels that a press may move and still be a click. */
const CLICK_PIXELS = 4;

function createPlot(desk: Desk) {
  const tip = signal<TipAt | null>(null);
  const hovered = signal<number | null>(null);
  let layout: Layout | null = null;
  let hits: Hits | null = null;
  let pressed: { readonly x: number; readonly from: number; moved: boolean } | null = null;
  const seqAt = (x: number) => {
    const { from, to } = desk.view.value;
    return from + (x / Math.max(1, desk.width.value)) * (to - from);
  };
  return {
    tip,
    heightOf: (unit: number) =>
      Math.max(heightOf(desk.rows.value) * desk.stretch.value * unit, 4 * unit),
    draw({ context, width, style }: Sheet) {
      desk.width.value = width;
      const timeline = desk.timeline.value;
      if (timeline === null) return;
      const frame = { view: desk.view.value, rows: desk.rows.value, width };
      layout = layoutOf(timeline, {
        ...frame,
        unit: style.unit * desk.stretch.value,
        colours: desk.colours.value,
        isDirect: desk.isDirect.value,
        traced: desk.traced.value,
      });
      hits = hitsOf(layout);
      const pointed = {
        selected: desk.selected.value,
        hovered: hovered.value,
        row: desk.row.value,
      };
      paint(context, layout, style, pointed);
    },
    point(event: PointerEvent) {
      const { offsetX: x, offsetY: y } = event;
      if (pressed !== null && (pressed.moved || Math.abs(x - pressed.x) > CLICK_PIXELS)) {
        pressed.moved = true;
        const span = desk.view.value.to - desk.view.value.from;
        const from = pressed.from - ((x - pressed.x) / desk.width.value) * span;
        desk.show({ from, to: from + span });
        tip.value = null;
        return;
      }
      hovered.value = Math.floor(seqAt(x));
      tip.value = tipAt(x, y);
    },
    press(event: PointerEvent) {
      if (event.button !== 0) return;
      if (event.target instanceof Element) event.target.setPointerCapture(event.pointerId);
      pressed = { x: event.offsetX, from: desk.view.value.from, moved: false };
    },
    release({ offsetX: x, offsetY: y }: PointerEvent) {
      const isClick = pressed !== null && !pressed.moved;
      pressed = null;
      if (!isClick) return;
      const hit = hits?.at(x, y);
      if (hit?.box) desk.selectRow(hit.box.row.id);
      desk.select(hit?.flag?.seq ?? Math.floor(seqAt(x)));
    },
    leave() {
      hovered.value = null;
      tip.value = null;
    },
    wheel(event: WheelEvent, element: HTMLElement) {
      event.preventDefault();
      const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      const by = isSideways && event.deltaX !== 0 ? event.deltaX : event.deltaY;
      if (isSideways) desk.move(by / element.clientWidth);
      else desk.zoom(1.0015 ** by, seqAt(event.offsetX));
    },
  };

  function tipAt(x: number, y: number): TipAt | null {
    const hit = hits?.at(x, y);
    const place = hit?.box ? placeWords(hit.box) : '';
    if (hit?.flag) {
      const { seq, rule, vcpu } = hit.flag;
      return { x, y, place: `vCPU ${vcpu}, seq ${seq}`, text: `violation: ${rule}` };
    }
    if (hit?.box) return { x, y, place, text: wordsOf(hit.box) };
    const unknown = layout?.unknown.find((one) => x >= one.x && x <= one.x + one.width);
    if (unknown === undefined) return null;
    const isDropped = unknown.why === 'dropped';
    const text = isDropped ? 'The server no longer keeps this.' : 'Not read yet.';
    return { x, y, place: `seq ${Math.floor(seqAt(x))}`, text };
  }
}
