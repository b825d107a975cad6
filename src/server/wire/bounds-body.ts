import { z } from 'zod';
import { BOUNDS, type BoundName, type Limits } from './bounds.js';

const count = z.number().int();

/**
 * Every bound, as `GET /v1/model` shows it. It stands apart from the bounds, whose types the package
 * gives to callers who have no zod.
 */
export const Bounds = z.strictObject(
  mapBounds((value): z.ZodType<number | null> => (value === null ? count.nullable() : count)),
);

/** The bounds of a server, those that were moved among them. */
export function boundsOf(limits: Limits): z.output<typeof Bounds> {
  return { ...mapBounds((value) => value), ...limits };
}

function mapBounds<T>(of: (value: number | null) => T): Record<BoundName, T> {
  return Object.fromEntries(
    Object.entries(BOUNDS).map(([name, { value }]) => [name, of(value)]),
  ) as Record<BoundName, T>;
}
