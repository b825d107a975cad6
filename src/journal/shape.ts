/** Takes the numbers in the holes of a value, in order. */
export interface Holes {
  addNumber(value: number): void;
}

/**
 * The shape of a value, to hold others against: its keys and the shapes of its items, in order; or, if
 * it has no items, the value itself or a hole.
 */
export interface Shape {
  readonly isHole: boolean;
  readonly isList: boolean;
  /** Null for what has no items. */
  readonly keys: readonly string[] | null;
  readonly items: readonly Shape[];
  /** The value, if it has no items and is no hole. */
  readonly value: unknown;
}

/** Whether a value is a whole number from 0, in whose place a shape has a hole. */
export function isHole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function shapeOf(value: unknown): Shape {
  if (!isObject(value)) {
    const isOne = isHole(value);
    return { isHole: isOne, isList: false, keys: null, items: [], value: isOne ? null : value };
  }
  const items = Object.values(value).map(shapeOf);
  const isList = Array.isArray(value);
  return { isHole: false, isList, keys: Object.keys(value), items, value: null };
}

/**
 * Whether a value has a shape. A loop over its keys, because a list of them for each value would take
 * longer than all the rest.
 *
 * @param holes Gets the numbers of `value`; what it gets is of use only if the value has the shape.
 */
export function hasShape(shape: Shape, value: unknown, holes: Holes): boolean {
  if (shape.isHole) {
    if (!isHole(value)) return false;
    holes.addNumber(value);
    return true;
  }
  const { keys, items } = shape;
  if (!isObject(value)) return keys === null && value === shape.value;
  if (keys === null || Array.isArray(value) !== shape.isList) return false;
  let place = 0;
  for (const key in value) {
    const item = items[place];
    if (item === undefined || key !== keys[place]) return false;
    if (!hasShape(item, value[key], holes)) return false;
    place += 1;
  }
  return place === items.length;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
