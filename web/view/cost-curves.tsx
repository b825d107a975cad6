import type { WireRace } from '../api/wire.js';
import { type CostLines, costLinesOf } from '../model/cost-lines.js';

const WIDTH = 1000;
const HEIGHT = 260;
/** Number of colours for curves in the style sheet. */
const COLOURS = 8;

/** Costs of the policies, as curves over the commands. */
export function CostCurves({ race }: { readonly race: WireRace }) {
  const lines = costLinesOf(race);
  const zero = yOf(lines, 0);
  return (
    <figure class="curves">
      <div class="curves-plot">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <line class="curve-zero" x1={0} x2={WIDTH} y1={zero} y2={zero} />
          {lines.lines.map(({ name, points }, index) => (
            <polyline
              key={name}
              class={classOf(index)}
              points={points
                .map((p) => `${xOf(lines, p.commands)},${yOf(lines, p.beyond)}`)
                .join(' ')}
            />
          ))}
        </svg>
        <span class="curve-most">{signed(lines.most)}</span>
        <span class="curve-least">{signed(lines.least)}</span>
        <span class="curve-end">{lines.commandsMax} commands</span>
      </div>
      <figcaption>
        <ul class="curve-legend">
          {lines.lines.map(({ name, points }, index) => (
            <li key={name} class={classOf(index)}>
              {name} {signed(points.at(-1)?.beyond ?? 0)}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

/** Colours of a curve by index. They repeat, then as dashes. */
function classOf(index: number): string {
  const dashed = index >= COLOURS ? ' curve-dashed' : '';
  return `curve curve-${index % COLOURS}${dashed}`;
}

function xOf({ commandsMax }: CostLines, commands: number): number {
  return (WIDTH * commands) / commandsMax;
}

function yOf({ least, most }: CostLines, beyond: number): number {
  const span = Math.max(most - least, 1);
  return HEIGHT - 6 - ((HEIGHT - 12) * (beyond - least)) / span;
}

function signed(value: number): string {
  const whole = Math.round(value);
  return whole > 0 ? `+${whole}` : String(whole);
}
