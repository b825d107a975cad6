import { type Column, tableLines } from '../src/lab/index.js';
import type { Amount, Goal, Row } from './row.js';

const COLUMNS: readonly Column<Row>[] = [
  { head: 'row', isText: true, of: ({ name }) => name },
  { head: 'work', isText: true, of: ({ work }) => work },
  {
    head: 'measured',
    isText: true,
    of: ({ measured }) => (measured === null ? '-' : amountText(measured)),
  },
  {
    head: 'rival',
    isText: true,
    of: ({ rival }) => (rival === null ? '-' : `${amountText(rival)} (${rival.name})`),
  },
  {
    head: 'ratio',
    isText: true,
    of: ({ ratio }) => (ratio === null ? '-' : `${ratio.toFixed(2)} x`),
  },
  {
    head: 'goal',
    isText: true,
    of: ({ goal, measured }) => (goal === null ? '-' : goalText(goal, measured?.unit ?? '')),
  },
  { head: 'met', isText: true, of: ({ met }) => (met === null ? '-' : met ? 'yes' : 'NO') },
];

/** The rows as a table of plain text, each followed by its notes. */
export function tableOf(rows: readonly Row[]): string {
  const [heads, ...lines] = tableLines(COLUMNS, rows);
  const body = rows.flatMap(({ notes }, i) => [lines[i], ...notes.map((note) => `    ${note}`)]);
  return `${[heads, ...body].join('\n')}\n`;
}

function goalText({ of, at, value }: Goal, unit: string): string {
  const sign = at === 'least' ? '>=' : '<=';
  return of === 'ratio' ? `${sign} ${value} x` : `${sign} ${amountText({ value, unit })}`;
}

/** Rounds to three digits: a measurement on a shared machine is no more exact. */
function amountText({ value, unit }: Amount): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M ${unit}`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} k ${unit}`;
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;
}
