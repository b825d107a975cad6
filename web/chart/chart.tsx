import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { looks } from '../shell/theme.js';
import { Scroll } from '../view/scroll.js';
import { seriesClass, seriesDash } from './series.js';

/** A curve: a value for each point of the axis. */
export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

interface Props {
  /** Points of the axis, rising. */
  readonly at: readonly number[];
  readonly curves: readonly Curve[];
  /** Words at the axis. */
  readonly atLabel: string;
  readonly label: string;
  readonly textOf: (value: number) => string;
  /** Whether the points are drawn as dots: where they are few, and nothing lies between. */
  readonly hasDots?: boolean;
}

const HEIGHT = 300;

/** Distances between two marks of the axis. */
const WHOLE_STEPS = [1, 10, 100, 1000, 10_000, 100_000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);

/** Curves over an axis, with a legend, and the same as a table. */
export function Chart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const look = looks.value;
  useEffect(() => {
    if (box.current === null || legend.current === null) return;
    return drawn(box.current, legend.current, props);
  }, [props.at, props.curves, props.textOf, look]);
  const { at, curves, label, textOf } = props;
  return (
    <figure class="chart">
      <div ref={box} class="chart-plot" role="img" aria-label={label} />
      <figcaption>
        <ul ref={legend} class="chart-legend">
          {curves.map(({ name, values }, index) => (
            <li key={name} class={`chart-key ${seriesClass(index)}`}>
              <Swatch index={index} />
              {name} <span class="chart-last">{textOf(values.at(-1) ?? 0)}</span>
            </li>
          ))}
        </ul>
        <details class="chart-table">
          <summary>As a table</summary>
          <ChartTable at={at} curves={curves} textOf={textOf} atLabel={props.atLabel} />
        </details>
      </figcaption>
    </figure>
  );
}

function Swatch({ index }: { readonly index: number }) {
  return (
    <svg class="chart-swatch" viewBox="0 0 24 4" aria-hidden="true">
      <line x1="0" y1="2" x2="24" y2="2" stroke-dasharray={seriesDash(index).join(' ')} />
    </svg>
  );
}

function ChartTable(props: Pick<Props, 'at' | 'curves' | 'textOf' | 'atLabel'>) {
  const { at, curves, textOf, atLabel } = props;
  return (
    <Scroll label="Values of the curves">
      <table class="race-table">
        <thead>
          <tr>
            <th scope="col">{atLabel}</th>
            {at.map((point) => (
              <th key={point} scope="col">
                {point}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {curves.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, index) => (
                <td key={at[index]}>{textOf(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** @returns A function that takes the plot away. */
function drawn(box: HTMLElement, legend: HTMLElement, props: Props): () => void {
  const { at, curves, atLabel, textOf, hasDots = false } = props;
  const style = getComputedStyle(box);
  const keys = [...legend.children];
  const font = `${style.fontSize} ${style.fontFamily}`;
  const axis = {
    stroke: style.color,
    font,
    labelFont: font,
    grid: { stroke: style.borderTopColor, width: 1 },
    ticks: { stroke: style.borderTopColor, width: 1 },
  };
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: { x: { time: false } },
      axes: [
        // Slots and commands are counted: there is nothing between two of them.
        { ...axis, label: atLabel, labelSize: 24, incrs: WHOLE_STEPS },
        { ...axis, size: 76, values: (_plot, splits) => splits.map(textOf) },
      ],
      series: [
        {},
        ...curves.map(({ name }, index) => ({
          label: name,
          stroke: colourOf(keys[index]),
          dash: [...seriesDash(index)],
          width: 2,
          points: { show: hasDots, size: 6 },
        })),
      ],
    },
    [[...at], ...curves.map(({ values }) => [...values])],
    box,
  );
  const observer = new ResizeObserver(() => {
    plot.setSize({ width: box.clientWidth, height: HEIGHT });
  });
  observer.observe(box);
  return () => {
    observer.disconnect();
    plot.destroy();
  };
}

function colourOf(key: Element | undefined): string {
  return key === undefined ? 'gray' : getComputedStyle(key).getPropertyValue('color');
}
