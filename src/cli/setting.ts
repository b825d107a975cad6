import { InvalidArgumentError } from 'commander';

/** One `key=value` of an option that may be given more than once. */
export function settingOf(
  text: string,
  before: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('not key=value');
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}
