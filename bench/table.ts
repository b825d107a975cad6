import type { Amount, Goal, Row } from './row.js';

const HEADINGS = ['row', 'work', 'measured', 'rival', 'ratio', 'goal', 'met'];

/** The rows as a table of plain text, and below each its notes. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, i) => Math.max(...lines.map((cells) => (cells[i] ?? '').length)));
  const text = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join('  ')
      .trimEnd();
  const body = rows.map((row) =>
    [text(cellsOf(row)), ...row.notes.map((note) => `    ${note}`)].join('\n'),
  );
  return `${[text(HEADINGS), ...body].join('\n')}\n`;
}

function cellsOf({ name, work, measured, rival, ratio, goal, met }: Row): string[] {
  return [
    name,
    work,
    measured === null ? '-' : amountText(measured),
    rival === null ? '-' : `${amountText(rival)} (${rival.name})`,
    ratio === null ? '-' : `${ratio.toFixed(2)} x`,
    goal === null ? '-' : goalText(goal, measured?.unit ?? ''),
    met === null ? '-' : met ? 'yes' : 'NO',
  ];
}

function goalText({ of, at, value }: Goal, unit: string): string {
  const sign = at === 'least' ? '>=' : '<=';
  return of === 'ratio' ? `${sign} ${value} x` : `${sign} ${amountText({ value, unit })}`;
}

/** Three digits are as many as a measurement on a shared machine is good for. */
function amountText({ value, unit }: Amount): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M ${unit}`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} k ${unit}`;
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;
}
