const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 48;
const BOTTOM = 28;
const TOP = 12;
const COLORS = [
  '#2563eb',
  '#d97706',
  '#059669',
  '#dc2626',
  '#7c3aed',
  '#0891b2',
  '#be185d',
  '#4d7c0f',
];
/** Characters of a name beside a bar. */
const NAME_WIDTH = 160;
const ROW = 20;

function svg(height: number, inside: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img">${inside}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] as string;
}

/** Lines over one axis of whole numbers from 0. */
export function linePlot(
  lines: readonly { readonly name: string; readonly values: readonly number[] }[],
  { x, y, top }: { x: string; y: string; top: number },
): string {
  const count = Math.max(1, ...lines.map(({ values }) => values.length - 1));
  const px = (at: number) => round(LEFT + ((WIDTH - LEFT - 170) * at) / count);
  const py = (value: number) => round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top));
  const paths = lines.map(({ name, values }, index) => {
    const points = values.map((value, at) => `${px(at)},${py(value)}`).join(' ');
    const label = `<text x="${WIDTH - 160}" y="${TOP + 14 * (index + 1)}" fill="${colorOf(index)}">${name}</text>`;
    return `<polyline points="${points}" fill="none" stroke="${colorOf(index)}" stroke-width="2"/>${label}`;
  });
  const ticks = Array.from({ length: count + 1 }, (_, at) =>
    at % 2 === 0 ? `<text x="${px(at)}" y="${HEIGHT - 10}" text-anchor="middle">${at}</text>` : '',
  );
  const grid = [0, top / 2, top].map(
    (value) =>
      `<line x1="${LEFT}" x2="${WIDTH - 170}" y1="${py(value)}" y2="${py(value)}" stroke="#8884"/>` +
      `<text x="${LEFT - 6}" y="${py(value) + 4}" text-anchor="end">${value} ${y}</text>`,
  );
  const axis = `<text x="${WIDTH - 165}" y="${HEIGHT - 10}">${x}</text>`;
  return svg(HEIGHT, [...grid, ...ticks, axis, ...paths].join(''));
}

/** Bars beside each other, with their counts. */
export function barPlot(names: readonly string[], counts: readonly number[]): string {
  const top = Math.max(1, ...counts);
  const step = (WIDTH - LEFT) / names.length;
  const bars = names.map((name, at) => {
    const height = round(((HEIGHT - TOP - BOTTOM - 14) * (counts[at] ?? 0)) / top);
    const x = round(LEFT + step * at);
    const y = HEIGHT - BOTTOM - height;
    const middle = round(x + step / 2);
    return (
      `<rect x="${x + 2}" y="${y}" width="${round(step - 4)}" height="${height}" fill="${COLORS[0]}"/>` +
      `<text x="${middle}" y="${y - 3}" text-anchor="middle">${counts[at] || ''}</text>` +
      `<text x="${middle}" y="${HEIGHT - 10}" text-anchor="middle">${name}</text>`
    );
  });
  return svg(HEIGHT, bars.join(''));
}

/** Intervals one below the other. */
export function intervalPlot(
  rows: readonly {
    readonly name: string;
    readonly low: number;
    readonly high: number;
    readonly value: number;
  }[],
): string {
  const top = Math.max(1, ...rows.map(({ high }) => high));
  const px = (value: number) => round(NAME_WIDTH + ((WIDTH - NAME_WIDTH - 90) * value) / top);
  const lines = rows.map(({ name, low, high, value }, at) => {
    const y = TOP + ROW * at + 10;
    return (
      `<text x="${NAME_WIDTH - 8}" y="${y + 4}" text-anchor="end">${name}</text>` +
      `<line x1="${px(low)}" x2="${px(high)}" y1="${y}" y2="${y}" stroke="${COLORS[0]}" stroke-width="6" opacity="0.4"/>` +
      `<circle cx="${px(value)}" cy="${y}" r="4" fill="${COLORS[0]}"/>` +
      `<text x="${WIDTH - 84}" y="${y + 4}">${Math.round(value).toLocaleString('en')}</text>`
    );
  });
  return svg(TOP + ROW * rows.length + 10, lines.join(''));
}

/** Marks over time, a lane a vCPU; each root has its colour, and what is not certain is hollow. */
export function timelinePlot(
  marks: readonly {
    readonly at: number;
    readonly lane: string;
    readonly key: string;
    readonly isHollow: boolean;
  }[],
): string {
  const lanes = [...new Set(marks.map(({ lane }) => lane))];
  const keys = [...new Set(marks.map(({ key }) => key))];
  const [from, to] = [marks[0]?.at ?? 0, marks.at(-1)?.at ?? 1];
  const px = (at: number) =>
    round(LEFT + ((WIDTH - LEFT - 10) * (at - from)) / Math.max(1, to - from));
  const names = lanes.map(
    (lane, at) =>
      `<text x="${LEFT - 8}" y="${TOP + ROW * at + 14}" text-anchor="end">${lane}</text>`,
  );
  const dots = marks.map(({ at, lane, key, isHollow }) => {
    const color = colorOf(keys.indexOf(key));
    const paint = isHollow ? `fill="none" stroke="${color}"` : `fill="${color}"`;
    return `<circle cx="${px(at)}" cy="${TOP + ROW * lanes.indexOf(lane) + 10}" r="3" ${paint}/>`;
  });
  return svg(TOP + ROW * Math.max(1, lanes.length) + 10, [...names, ...dots].join(''));
}
