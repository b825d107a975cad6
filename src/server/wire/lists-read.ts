import type { z } from 'zod';

/** Items from which on a list is read before the rest of its body. */
export const LONG_LIST = 512;

/** Lists of bodies whose items were read before the rest, each with what its items came to. */
const read = new WeakMap<readonly unknown[], { schema: z.ZodArray; items: readonly unknown[] }>();

/** Notes what the items of a list come to, by the schema of the list. */
export function noteItems(
  list: readonly unknown[],
  schema: z.ZodArray,
  items: readonly unknown[],
): void {
  read.set(list, { schema, items });
}

/** Items of a list as they were read before; undefined if they were not. */
export function itemsRead(
  list: readonly unknown[],
  schema: z.ZodArray,
): readonly unknown[] | undefined {
  if (list.length < LONG_LIST) return undefined;
  const found = read.get(list);
  return found?.schema === schema ? found.items : undefined;
}
