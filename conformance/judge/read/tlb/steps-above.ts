import type { ArchitectureCase } from '../../case.js';

const AS_ABOVE = /^as above but (.+) before entry$/;
const ROUND_TRIP = 'VM exit + entry';

/** A case that refers to the one above it is given that one's steps, with its own between. */
export function withStepsAbove(cases: readonly ArchitectureCase[]): readonly ArchitectureCase[] {
  let above: readonly unknown[] = [];
  return cases.map((item) => {
    const { steps } = item.args;
    if (!Array.isArray(steps)) return item;
    const [, own] = AS_ABOVE.exec(String(steps[0])) ?? [];
    if (own === undefined || steps.length !== 1) {
      above = steps;
      return item;
    }
    const place = above.findIndex((step) => String(step).startsWith(ROUND_TRIP));
    if (place === -1) return item;
    above = [...above.slice(0, place), 'VM exit', own, 'VM entry', ...above.slice(place + 1)];
    return { ...item, args: { ...item.args, steps: above } };
  });
}
