/** Values of the parts of a path that vary, by their names. */
export type Params = Readonly<Record<string, string>>;

const PART = /:(\w+)/g;

/**
 * Values that make a pattern of a path: `/vm/:vm@:seq` fits `/vm/vm-1@20`. A part that varies has
 * at least one character, and neither `/` nor `@` unless they are escaped.
 *
 * @returns null if the pattern does not fit.
 */
export function paramsOf(pattern: string, path: string): Params | null {
  const found = new RegExp(`^${pattern.replace(PART, '(?<$1>[^/@]+)')}/?$`).exec(path);
  if (found === null) return null;
  const parts = Object.entries(found.groups ?? {});
  try {
    return Object.fromEntries(parts.map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    // A percent sign that escapes nothing.
    return null;
  }
}
