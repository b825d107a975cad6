/** Whether a value is a whole number from 0, in whose place a shape has a hole. */
export function isHole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Whether two values have one shape: equal but for the numbers in their holes, their fields in one
 * order.
 *
 * @param holes Gets the numbers of `value`; what it gets is of use only if the shapes are one.
 */
export function haveOneShape(sample: unknown, value: unknown, holes: number[]): boolean {
  if (isHole(value)) {
    holes.push(value);
    return isHole(sample);
  }
  if (!isObject(value) || !isObject(sample)) return sample === value;
  const keys = Object.keys(value);
  const known = Object.keys(sample);
  if (keys.length !== known.length || Array.isArray(value) !== Array.isArray(sample)) return false;
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i] as string;
    if (key !== known[i] || !haveOneShape(sample[key], value[key], holes)) return false;
  }
  return true;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
