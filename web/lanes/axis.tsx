import { useMemo } from 'preact/hooks';
import { figure } from '../view/figure.js';
import type { Desk } from './desk.js';
import { type Sheet, usePainted } from './painted.js';
import { axisStep } from './viewport.js';

const HEIGHT = 1.6;

/** The numbers of the events along the top. */
export function Axis({ desk }: { readonly desk: Desk }) {
  const drawing = useMemo(
    () => ({ heightOf: (unit: number) => HEIGHT * unit, draw: draws(desk) }),
    [desk],
  );
  const canvas = usePainted(drawing);
  return <canvas ref={canvas} class="lanes-axis" role="img" aria-label="Numbers of the events" />;
}

function draws(desk: Desk) {
  return ({ context, width, style }: Sheet) => {
    const { from, to } = desk.view.value;
    const scale = width / (to - from);
    const letter = style.unit * 0.55;
    const room = (String(Math.ceil(to)).length + 5) * letter;
    const step = axisStep(to - from, width / room);
    const bottom = HEIGHT * style.unit;
    context.font = style.font;
    context.textBaseline = 'middle';
    context.fillStyle = style.inkSoft;
    for (let seq = Math.ceil(from / step) * step; seq < to; seq += step) {
      const x = (seq - from) * scale;
      context.fillRect(x, bottom * 0.2, 1, bottom * 0.8);
      if (x + room < width + letter * 2)
        context.fillText(figure(seq), x + letter * 0.6, bottom * 0.5);
    }
  };
}
