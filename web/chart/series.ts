/** Colours of curves in the style sheet. */
const COLOURS = 6;

const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2]];

/** Class that has the colour of a curve. */
export function seriesClass(index: number): string {
  return `series-${index % COLOURS}`;
}

/** Dash of a curve: neighbours differ in it as well, so that a hue is never alone. */
export function seriesDash(index: number): readonly number[] {
  return DASHES[index % DASHES.length] ?? [];
}
