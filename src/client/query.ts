import type { EventFilter } from './lab.js';

/** An option of a query. */
type Option = string | number | boolean | readonly (string | number)[] | undefined;

type Text<V> = V extends number
  ? string
  : V extends boolean
    ? 'true' | 'false'
    : V extends readonly (infer Item)[]
      ? Text<Item>[]
      : V;

/** Options as a query has them: as text, without undefined ones. */
export function queryOf<T extends { readonly [K in keyof T]: Option }>(
  options: T,
): { [K in keyof T]: Text<Exclude<T[K], undefined>> } {
  const given = Object.entries<Option>(options).filter(([, value]) => value !== undefined);
  const texts = given.map(([key, value]) => [
    key,
    Array.isArray(value) ? value.map(String) : String(value),
  ]);
  return Object.fromEntries(texts);
}

/** A selection of a history, by the names of its query. */
export function filterQueryOf({ kinds, vcpus, mmu, roots, severity }: EventFilter) {
  return queryOf({ kind: kinds, vcpu: vcpus, mmu, root: roots, severity });
}
