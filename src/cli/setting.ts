import { WrongUse } from './wrong-use.js';

/** Pairs that were given as `key=value`, in order. */
export type Settings = readonly (readonly [string, string])[];

/** One `key=value` of an option that may be given more than once. @throws {WrongUse} */
export function settingOf(text: string, before: Settings = []): Settings {
  const at = text.indexOf('=');
  if (at < 1) throw new WrongUse(`Cannot set "${text}": it is not KEY=VALUE`);
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}
